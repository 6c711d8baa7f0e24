package org.culvert.rewrite;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.culvert.http.ForwardedAddress;
import org.culvert.http.IpAddresses;
import org.culvert.http.Network;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.culvert.variable.Variable;
import org.jspecify.annotations.Nullable;

/**
 * What {@code geo} makes (ngx_http_geo_module): a variable whose value depends on an address, that
 * of the smallest network which has it. What is no address is looked up as 255.255.255.255.
 */
public final class GeoVariable implements Variable {
  private static final InetAddress NO_ADDRESS = no();

  private final @Nullable Template source;
  private final Map<Network, String> networks;

  /** How many bits the networks of four and of sixteen bytes have, the most first. */
  private final int[] bits4;

  private final int[] bits16;
  private final @Nullable AddressRanges ranges;
  private final List<Network> proxies;
  private final boolean recursive;
  private final String fallback;

  /** Collects the lines of one {@code geo} block. */
  public static final class Builder {
    private final @Nullable Template source;
    private final Map<Network, String> networks = new HashMap<>();
    private @Nullable AddressRanges ranges;
    private final List<Network> proxies = new ArrayList<>();
    private boolean recursive;
    private String fallback = "";

    private Builder(@Nullable Template source) {
      this.source = source;
    }

    /** {@code ranges}: what follows is no networks. */
    public AddressRanges ranges() {
      if (ranges == null) {
        ranges = new AddressRanges();
      }
      return ranges;
    }

    /**
     * A line with a network.
     *
     * @return the value that it had before, or null
     */
    public @Nullable String network(Network network, String value) {
      return networks.put(network, value);
    }

    /** {@code delete}; returns whether it was there. */
    public boolean delete(Network network) {
      return networks.remove(network) != null;
    }

    /** Whether there is a network already. */
    public boolean hasNetworks() {
      return !networks.isEmpty();
    }

    /** {@code proxy}: whose X-Forwarded-For is believed. */
    public void proxy(Network network) {
      proxies.add(network);
    }

    /** {@code proxy_recursive}. */
    public void recursive() {
      recursive = true;
    }

    /** {@code default}. */
    public void fallback(String value) {
      fallback = value;
    }

    /** The variable. */
    public GeoVariable build() {
      return new GeoVariable(this);
    }
  }

  private GeoVariable(Builder builder) {
    source = builder.source;
    networks = Map.copyOf(builder.networks);
    bits4 = bits(4);
    bits16 = bits(16);
    ranges = builder.ranges;
    proxies = List.copyOf(builder.proxies);
    recursive = builder.recursive;
    fallback = builder.fallback;
  }

  /**
   * Starts {@code geo}.
   *
   * @param source what has the address, null for the client's
   */
  public static Builder builder(@Nullable Template source) {
    return new Builder(source);
  }

  private int[] bits(int bytes) {
    NavigableSet<Integer> bits = new TreeSet<>();
    for (Network network : networks.keySet()) {
      if (network.address().getAddress().length == bytes) {
        bits.add(network.bits());
      }
    }
    return bits.descendingSet().stream().mapToInt(Integer::intValue).toArray();
  }

  @Override
  public String value(Scope scope) {
    InetAddress address = address(scope);
    if (ranges != null) {
      String found = ranges.find(address);
      return found == null ? fallback : found;
    }
    for (int bits : address.getAddress().length == 4 ? bits4 : bits16) {
      String found = networks.get(Network.of(address, bits));
      if (found != null) {
        return found;
      }
    }
    return fallback;
  }

  private InetAddress address(Scope scope) {
    RequestFacts facts = scope.get(RequestFacts.class);
    InetSocketAddress told = facts.client();
    if (source != null) {
      InetAddress parsed = IpAddresses.parse(source.evaluate(scope));
      told = new InetSocketAddress(parsed == null ? NO_ADDRESS : parsed, 0);
    }
    if (!proxies.isEmpty()) {
      List<String> forwarded = facts.head().fields().all("X-Forwarded-For");
      InetSocketAddress behind = ForwardedAddress.of(told, forwarded, proxies, recursive);
      told = behind == null ? told : behind;
    }
    InetAddress address = told.getAddress();
    return address == null ? NO_ADDRESS : address;
  }

  private static InetAddress no() {
    InetAddress address = IpAddresses.parse("255.255.255.255");
    if (address == null) {
      throw new IllegalStateException("four numbers are an address");
    }
    return address;
  }
}
