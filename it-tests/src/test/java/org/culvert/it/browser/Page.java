package org.culvert.it.browser;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;

/** One tab. */
final class Page implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(50);

  private final Browser browser;
  private final String session;
  private final List<String> complaints = new CopyOnWriteArrayList<>();
  private boolean closed;

  Page(Browser browser, String session) {
    this.browser = browser;
    this.session = session;
    browser.listen(session, this::hear);
    browser.send(session, "Runtime.enable");
    browser.send(session, "Log.enable");
    browser.send(session, "Page.enable");
  }

  /** Loads an address. */
  void go(String address) {
    JsonObject result = browser.send(session, "Page.navigate", "url", address);
    if (result.has("errorText")) {
      throw new IllegalStateException(address + ": " + result.get("errorText").getAsString());
    }
    await("document.readyState === 'complete' && location.href !== 'about:blank'");
  }

  /** Closes the tab, as its user would. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      browser.send(session, "Page.close");
    }
  }

  /** The value of an expression, which may be a promise, as text. */
  String evaluate(String expression) {
    JsonObject answer =
        browser.send(
            session,
            "Runtime.evaluate",
            "expression",
            expression,
            "returnByValue",
            true,
            "awaitPromise",
            true,
            "userGesture",
            true);
    if (answer.has("exceptionDetails")) {
      throw new IllegalStateException(expression + ": " + answer.get("exceptionDetails"));
    }
    JsonElement value = answer.getAsJsonObject("result").get("value");
    return value == null || value.isJsonNull()
        ? ""
        : value.isJsonPrimitive() ? value.getAsString() : value.toString();
  }

  /** The text of the first element that matches. */
  String text(String selector) {
    return evaluate("document.querySelector(" + quoted(selector) + ").textContent.trim()");
  }

  /** Waits until an expression is true. */
  void await(String condition) {
    await(condition, PATIENCE);
  }

  /** Waits until an expression is true. */
  void await(String condition, Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    while (!evaluate("Boolean(" + condition + ")").equals("true")) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            "Not within %s: %s. The page shows: %s. It complains: %s"
                .formatted(patience, condition, evaluate("document.body.innerText"), complaints));
      }
      LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
    }
  }

  /** Waits until the first element that matches contains the text. */
  void awaitText(String selector, String text) {
    await(
        "document.querySelector(%s)?.textContent.includes(%s)"
            .formatted(quoted(selector), quoted(text)));
  }

  /** Clicks the first element that matches. */
  void click(String selector) {
    evaluate("document.querySelector(" + quoted(selector) + ").click()");
  }

  /** Types over what a field holds. */
  void type(String selector, String text) {
    evaluate(
        "(field => { field.focus(); field.select(); })(document.querySelector(%s))"
            .formatted(quoted(selector)));
    browser.send(session, "Input.insertText", "text", text);
  }

  /** Presses Enter where the focus is. */
  void enter() {
    for (String type : List.of("keyDown", "keyUp")) {
      browser.send(
          session,
          "Input.dispatchKeyEvent",
          "type",
          type,
          "key",
          "Enter",
          "code",
          "Enter",
          "windowsVirtualKeyCode",
          13,
          "text",
          "\r");
    }
  }

  /** Makes the page so many CSS pixels large. */
  void size(int width, int height) {
    browser.send(
        session,
        "Emulation.setDeviceMetricsOverride",
        "width",
        width,
        "height",
        height,
        "deviceScaleFactor",
        1,
        "mobile",
        false);
  }

  /** Has the page believe that the user prefers {@code light} or {@code dark}. */
  void prefer(String colours) {
    JsonObject feature = new JsonObject();
    feature.addProperty("name", "prefers-color-scheme");
    feature.addProperty("value", colours);
    JsonArray features = new JsonArray();
    features.add(feature);
    browser.send(session, "Emulation.setEmulatedMedia", "features", features);
  }

  /** Writes a PNG of what is to be seen. */
  void screenshot(Path file) throws IOException {
    JsonObject picture = browser.send(session, "Page.captureScreenshot", "format", "png");
    Files.write(file, Base64.getDecoder().decode(picture.get("data").getAsString()));
  }

  /** What went wrong in the page so far: exceptions, refused resources, errors on the console. */
  List<String> complaints() {
    return List.copyOf(complaints);
  }

  private void hear(JsonObject event) {
    JsonObject parameters = event.getAsJsonObject("params");
    switch (event.get("method").getAsString()) {
      case "Runtime.exceptionThrown" -> complaints.add(parameters.toString());
      case "Log.entryAdded" -> {
        JsonObject entry = parameters.getAsJsonObject("entry");
        if (entry.get("level").getAsString().equals("error")) {
          complaints.add(entry.toString());
        }
      }
      default -> {}
    }
  }

  private static String quoted(String text) {
    return new JsonPrimitive(text).toString();
  }
}
