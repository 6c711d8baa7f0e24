package org.culvert.exchange;

/**
 * The Location that {@code proxy_redirect} made of a backend's: whoever answers makes a path of it
 * absolute, as one of the proxy's own ({@code absolute_redirect}). A facet of the scope.
 *
 * @param location what was made
 */
public record ProxyRedirected(String location) {}
