package org.culvert.directive;

import java.util.List;

/**
 * TLS in front, for the launcher.
 *
 * @param certificate the PEM file of {@code ssl_certificate}, chain included
 * @param certificateKey the PEM file of {@code ssl_certificate_key}
 * @param protocols {@code ssl_protocols} as the JDK names them: "TLSv1.2", "TLSv1.3"
 */
public record ServerTls(String certificate, String certificateKey, List<String> protocols) {}
