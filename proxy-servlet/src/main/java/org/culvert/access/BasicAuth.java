package org.culvert.access;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import org.culvert.http.GatewayFailure;
import org.culvert.http.HeaderFields;
import org.culvert.http.Octets;
import org.culvert.variable.RequestFacts;
import org.culvert.variable.Scope;
import org.culvert.variable.Template;
import org.jspecify.annotations.Nullable;

/**
 * {@code auth_basic} and {@code auth_basic_user_file} (ngx_http_auth_basic_module; RFC 7617). The
 * file is read for each request, on the calling thread, so that a user who is removed is out at
 * once; checking a password may take tens of milliseconds.
 *
 * @param realm "off" lets everybody through
 * @param userFile lines of {@code name:hash[:comment]}
 */
public record BasicAuth(Template realm, Template userFile) {
  private static final String SCHEME = "Basic ";

  private record Credentials(String user, byte[] password) {}

  /** Lets the request through, with its user, or says why not. */
  AccessVerdict verdict(Scope scope) {
    String area = realm.evaluate(scope);
    if (area.equals("off")) {
      return AccessVerdict.NO_OPINION;
    }
    RequestFacts facts = scope.get(RequestFacts.class);
    Credentials claimed = credentials(facts.head().fields().first("Authorization"));
    if (claimed == null) {
      return unauthorized(area, null);
    }
    String file = userFile.evaluate(scope);
    String kept;
    try {
      kept = kept(claimed.user, Path.of(Octets.text(file)));
    } catch (NoSuchFileException | InvalidPathException e) {
      return AccessVerdict.refusal(
          403, "open() \"" + file + "\" failed (2: No such file or directory)");
    } catch (IOException e) {
      return AccessVerdict.refusal(
          500, "open() \"" + file + "\" failed: " + e.getClass().getSimpleName());
    }
    if (kept == null) {
      return unauthorized(area, "user \"" + claimed.user + "\" was not found in \"" + file + "\"");
    }
    if (!PasswordHash.matches(claimed.password, kept)) {
      return unauthorized(area, "user \"" + claimed.user + "\": password mismatch");
    }
    facts.authenticated(claimed.user);
    return AccessVerdict.ALLOWED;
  }

  private static @Nullable Credentials credentials(@Nullable String field) {
    if (field == null || !field.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      return null;
    }
    try {
      byte[] decoded = Base64.getDecoder().decode(field.substring(SCHEME.length()).strip());
      String text = new String(decoded, StandardCharsets.ISO_8859_1);
      int colon = text.indexOf(':');
      return colon <= 0
          ? null
          : new Credentials(text.substring(0, colon), Octets.bytes(text.substring(colon + 1)));
    } catch (IllegalArgumentException noBase64) {
      return null;
    }
  }

  /** The hash that a file has for a user, null where it has none. */
  private static @Nullable String kept(String user, Path file) throws IOException {
    try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.ISO_8859_1)) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(user + ":") && !line.startsWith("#")) {
          String rest = line.substring(user.length() + 1);
          int comment = rest.indexOf(':');
          return comment < 0 ? rest : rest.substring(0, comment);
        }
      }
      return null;
    }
  }

  private static AccessVerdict unauthorized(String area, @Nullable String why) {
    HeaderFields fields = new HeaderFields();
    fields.add("WWW-Authenticate", "Basic realm=\"" + area + "\"");
    GatewayFailure reason =
        why == null
            ? new GatewayFailure(
                GatewayFailure.Kind.BAD_REQUEST,
                "no user/password was provided for basic authentication")
            : new GatewayFailure(GatewayFailure.Kind.FORBIDDEN, why);
    return new AccessVerdict(401, fields, reason);
  }
}
