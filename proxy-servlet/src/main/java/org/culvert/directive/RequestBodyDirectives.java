package org.culvert.directive;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.culvert.conf.ConfigurationException;
import org.culvert.conf.Directive;
import org.culvert.conf.Units;
import org.culvert.exchange.ProxySettings.BodyBuffering;
import org.culvert.exchange.ProxySettings.InFileOnly;
import org.culvert.exchange.TempFolder;

/** Where a request's body is kept while it waits for a backend. */
final class RequestBodyDirectives {
  private static final Setting<InFileOnly> IN_FILE_ONLY = new Setting<>("client_body_in_file_only");
  private static final Setting<Boolean> SINGLE_BUFFER =
      new Setting<>("client_body_in_single_buffer");
  private static final Setting<TempFolder> TEMP_PATH = new Setting<>("client_body_temp_path");
  private static final int MOST_DIGITS = 10;

  private RequestBodyDirectives() {}

  static void define(DirectiveTable table) {
    table.define(
        "client_body_in_file_only",
        Setter.choice(
            IN_FILE_ONLY,
            Map.of("off", InFileOnly.OFF, "clean", InFileOnly.CLEAN, "on", InFileOnly.ON)));
    // A body in memory always is one buffer here.
    table.define("client_body_in_single_buffer", Setter.flag(SINGLE_BUFFER));
    table.define("client_body_temp_path", tempPath(TEMP_PATH));
  }

  /** {@code ngx_conf_set_path_slot}. */
  static Setter tempPath(Setting<TempFolder> setting) {
    return (directive, level, reading) -> {
      level.requireUnset(setting, directive);
      List<Integer> levels = new ArrayList<>();
      int sum = 0;
      for (int i = 2; i <= directive.arity(); i++) {
        int digits = Units.number(directive.arg(i)).orElse(0);
        sum += digits;
        if (digits == 0 || sum > MOST_DIGITS) {
          throw Setter.invalidValue(directive);
        }
        levels.add(digits);
      }
      level.put(setting, new TempFolder(folder(directive, reading), List.copyOf(levels)));
    };
  }

  private static String folder(Directive directive, Reading reading) throws ConfigurationException {
    String folder = reading.path(directive.arg(1));
    if (folder.indexOf('\0') >= 0) {
      throw Setter.invalidValue(directive);
    }
    return folder;
  }

  static BodyBuffering settings(Level level) {
    return new BodyBuffering(
        CoreDirectives.bodyBufferSize(level),
        level.get(IN_FILE_ONLY, InFileOnly.OFF),
        level.get(TEMP_PATH, TempFolder.SYSTEM));
  }
}
