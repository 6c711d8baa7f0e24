package org.culvert.servlet;

import jakarta.servlet.ServletRequest;
import java.lang.reflect.Field;
import org.apache.catalina.connector.Request;
import org.apache.catalina.connector.RequestFacade;
import org.apache.coyote.ActionCode;

/** Tomcat closes a connection, or resets a stream, when told to by its connector's action. */
final class TomcatAbruptEnd implements AbruptEnd {
  @Override
  public boolean closeConnection(ServletRequest containerRequest) {
    try {
      Field field = RequestFacade.class.getDeclaredField("request");
      field.setAccessible(true);
      Request request = (Request) field.get(containerRequest);
      request.getCoyoteRequest().getResponse().action(ActionCode.CLOSE_NOW, null);
      return true;
    } catch (ReflectiveOperationException | RuntimeException e) {
      return false;
    }
  }
}
