package org.culvert.launcher;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.culvert.directive.Configuration;

/** nginx's modules, and which of them the table of directives has. */
final class Modules {
  /** Those that nginx has only {@code --with} them. */
  static final Set<String> OPTIONAL =
      names(
          "ssl v2 v3 realip addition xslt image_filter geoip sub dav flv mp4 gunzip gzip_static"
              + " auth_request random_index secure_link degradation slice stub_status perl");

  /** Those that nginx has unless {@code --without} them. */
  static final Set<String> USUAL =
      names(
          "charset gzip ssi userid access auth_basic mirror autoindex geo map split_clients referer"
              + " rewrite proxy fastcgi uwsgi scgi grpc memcached limit_conn limit_req empty_gif"
              + " browser tunnel upstream_hash upstream_ip_hash upstream_least_conn"
              + " upstream_least_time upstream_random upstream_keepalive upstream_zone"
              + " upstream_sticky");

  /** Modules that nginx documents with {@code ngx_http_upstream_module}, each by its directive. */
  private static final Map<String, String> OF_UPSTREAM =
      Map.of(
          "hash", "http_upstream_hash_module",
          "ip_hash", "http_upstream_ip_hash_module",
          "least_conn", "http_upstream_least_conn_module",
          "least_time", "http_upstream_least_time_module",
          "random", "http_upstream_random_module",
          "keepalive", "http_upstream_keepalive_module",
          "sticky", "http_upstream_sticky_module");

  private Modules() {}

  private static Set<String> names(String words) {
    return Set.of(words.replaceAll("(\\S+)", "http_$1_module").split(" "));
  }

  /** Each module that the table names, and whether a directive of it does what nginx documents. */
  static Map<String, Boolean> present() throws IOException {
    Map<String, Boolean> present = new TreeMap<>();
    try (BufferedReader table =
        new BufferedReader(
            new InputStreamReader(
                Configuration.class.getResourceAsStream("nginx-directives.txt"),
                StandardCharsets.UTF_8))) {
      String module = "";
      for (String line : table.lines().filter(l -> !l.isBlank() && !l.startsWith("#")).toList()) {
        String[] words = line.strip().split(" +");
        if (words[0].equals("module")) {
          module = words[1].replaceFirst("^ngx_", "");
        } else {
          boolean done = words[words.length - 1].equals("done");
          String of =
              module.equals("http_upstream_module")
                  ? OF_UPSTREAM.getOrDefault(words[0], module)
                  : module;
          present.merge(of, done, Boolean::logicalOr);
        }
      }
    }
    return present;
  }
}
