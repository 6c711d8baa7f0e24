package org.culvert.directive;

import org.culvert.content.FileVariables;
import org.culvert.exchange.ProxyVariables;
import org.culvert.exchange.UpstreamVariables;
import org.culvert.limit.LimitVariables;
import org.culvert.observe.ResponseVariables;
import org.culvert.rewrite.Referers;
import org.culvert.upgrade.WebSocketVariables;
import org.culvert.variable.RequestVariables;
import org.culvert.variable.VariableTable;

/** Every variable that is there without being defined: each package contributes its own. */
final class Variables {
  private Variables() {}

  /** A new table with all of them. */
  static VariableTable all() {
    VariableTable table = new VariableTable();
    RequestVariables.define(table);
    ResponseVariables.define(table);
    UpstreamVariables.define(table);
    ProxyVariables.define(table);
    FileVariables.define(table);
    Referers.define(table);
    WebSocketVariables.define(table);
    LimitVariables.define(table);
    return table;
  }
}
