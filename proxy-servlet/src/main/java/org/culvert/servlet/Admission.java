package org.culvert.servlet;

import org.culvert.directive.ConfigurationReader.Form;
import org.culvert.directive.ServerSettings;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeadChecks;
import org.culvert.http.IpAddresses;
import org.culvert.http.Octets;
import org.culvert.location.LocationMatch;
import org.culvert.variable.RequestFacts;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a request is Culvert's, before any variable is evaluated: reads its facts,
 * chooses the server, sees whether a location claims the path, and whether the container read the
 * path alike.
 */
final class Admission {
  private Admission() {}

  /**
   * The cycle of a request that is Culvert's.
   *
   * @return null when it is the application's
   */
  static @Nullable RequestCycle of(
      Form form,
      ProxyRuntime runtime,
      ReceivedRequest request,
      ClientCall call,
      @Nullable UpgradeWay upgrades) {
    RequestFacts facts;
    GatewayFailure unreadable = null;
    try {
      facts = ReceivedFacts.of(request, runtime.configuration());
    } catch (GatewayFailure bad) {
      if (form == Form.JAR) {
        return null;
      }
      facts = ReceivedFacts.unreadable(request, runtime.configuration());
      unreadable = bad;
    }
    String line = request.line();
    if (line != null) {
      facts.requestLine(line);
    }
    var local = facts.connection().local();
    LocationMatch<ServerSettings> server =
        runtime
            .configuration()
            .server(IpAddresses.text(local), local.getPort(), facts.requestHost());
    GatewayFailure refusal = unreadable;
    if (refusal == null && form != Form.LAUNCHER) {
      String containerPath = Octets.of(request.readPath());
      boolean agreed = PathAgreement.agrees(facts.target(), containerPath);
      if (form == Form.JAR
          && !Claim.isMade(server, facts, facts.target().path())
          && (agreed || !Claim.isMade(server, facts, containerPath))) {
        return null;
      }
      refusal = agreed ? null : disagreement(facts, containerPath);
    }
    // Not before it is known to be Culvert's: a cycle makes the request asynchronous.
    RequestCycle cycle = new RequestCycle(runtime, upgrades, call, facts, server);
    return refusal == null
        ? checked(cycle, facts, server.found())
        : cycle.refusing(refusal.status(), refusal);
  }

  /** What nginx refuses by the head alone. */
  private static RequestCycle checked(
      RequestCycle cycle, RequestFacts facts, ServerSettings server) {
    if (facts.head().fields().size() > server.head().maxFields()) {
      return cycle.refusing(
          494,
          new GatewayFailure(GatewayFailure.Kind.BAD_REQUEST, "client sent too many header lines"));
    }
    int refusal = HeadChecks.refusal(facts.head());
    return refusal == 0
        ? cycle
        : cycle.refusing(
            refusal,
            new GatewayFailure(
                GatewayFailure.Kind.BAD_REQUEST, "client sent a head that is refused: " + refusal));
  }

  private static GatewayFailure disagreement(RequestFacts facts, String containerPath) {
    return new GatewayFailure(
        GatewayFailure.Kind.BAD_REQUEST,
        "ambiguous path \""
            + facts.target().rawPath()
            + "\": the container reads it as \""
            + containerPath
            + "\"");
  }
}
