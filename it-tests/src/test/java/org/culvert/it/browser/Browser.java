package org.culvert.it.browser;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.culvert.it.Folders;

/**
 * A headless Chromium, driven over its DevTools protocol. Any thread. Closing it ends the process
 * and removes its profile.
 */
final class Browser implements AutoCloseable {
  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome");
  private static final long ANSWER_SECONDS = 15;
  private static final long START_SECONDS = 30;
  private static final String LISTENING = "DevTools listening on ";

  private final Path profile;
  private final Process process;
  private final WebSocket devTools;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonObject>> awaited = new ConcurrentHashMap<>();
  private final Map<String, Consumer<JsonObject>> listeners = new ConcurrentHashMap<>();
  private final List<Page> pages = new CopyOnWriteArrayList<>();

  /** Starts it. */
  Browser() throws IOException {
    profile = Files.createTempDirectory("culvert-chromium");
    process = launch(executable(), profile);
    try {
      devTools =
          HttpClient.newHttpClient()
              .newWebSocketBuilder()
              .buildAsync(URI.create(devToolsAddress(process)), new Listener())
              .get(ANSWER_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException failure) {
      process.destroyForcibly();
      throw new IOException("Chromium started, but its DevTools cannot be reached", failure);
    }
  }

  /** A new tab, in a new profile, that shows the address when it has loaded. */
  Page open(String address) {
    String context = send("", "Target.createBrowserContext").get("browserContextId").getAsString();
    String target =
        send("", "Target.createTarget", "url", "about:blank", "browserContextId", context)
            .get("targetId")
            .getAsString();
    String session =
        send("", "Target.attachToTarget", "targetId", target, "flatten", true)
            .get("sessionId")
            .getAsString();
    Page page = new Page(this, session);
    pages.add(page);
    page.go(address);
    return page;
  }

  /** Closes all tabs. */
  void closePages() {
    pages.forEach(Page::close);
    pages.clear();
  }

  /** Sends a command to a session, or to the browser if that is empty, and awaits its result. */
  JsonObject send(String session, String method, Object... namesAndValues) {
    JsonObject parameters = new JsonObject();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      String name = (String) namesAndValues[i];
      Object value = namesAndValues[i + 1];
      if (value instanceof Number number) {
        parameters.addProperty(name, number);
      } else if (value instanceof Boolean truth) {
        parameters.addProperty(name, truth);
      } else if (value instanceof JsonElement json) {
        parameters.add(name, json);
      } else {
        parameters.addProperty(name, String.valueOf(value));
      }
    }
    JsonObject command = new JsonObject();
    int id = ids.incrementAndGet();
    command.addProperty("id", id);
    command.addProperty("method", method);
    command.add("params", parameters);
    if (!session.isEmpty()) {
      command.addProperty("sessionId", session);
    }
    CompletableFuture<JsonObject> answer = new CompletableFuture<>();
    awaited.put(id, answer);
    try {
      synchronized (devTools) { // one message at a time
        devTools.sendText(command.toString(), true).get(ANSWER_SECONDS, TimeUnit.SECONDS);
      }
      JsonObject message = answer.get(ANSWER_SECONDS, TimeUnit.SECONDS);
      if (message.has("error")) {
        throw new IllegalStateException(method + ": " + message.get("error"));
      }
      return message.getAsJsonObject("result");
    } catch (InterruptedException | ExecutionException | TimeoutException failure) {
      throw new IllegalStateException("No answer of Chromium to " + command, failure);
    } finally {
      awaited.remove(id);
    }
  }

  /** Tells of the events of a session, in DevTools' own thread: the listener must not send. */
  void listen(String session, Consumer<JsonObject> listener) {
    listeners.put(session, listener);
  }

  @Override
  public void close() {
    devTools.abort();
    List<ProcessHandle> children = process.descendants().toList();
    process.destroyForcibly();
    children.forEach(ProcessHandle::destroyForcibly);
    try {
      process.waitFor(ANSWER_SECONDS, TimeUnit.SECONDS);
      for (ProcessHandle child : children) {
        child.onExit().get(ANSWER_SECONDS, TimeUnit.SECONDS);
      }
    } catch (InterruptedException | ExecutionException | TimeoutException left) {
      throw new IllegalStateException("Chromium did not end", left);
    }
    try {
      Folders.delete(profile);
    } catch (IOException failure) {
      throw new UncheckedIOException("Chromium's profile was not removed", failure);
    }
  }

  private static Path executable() throws IOException {
    for (String directory : System.getenv("PATH").split(":", -1)) {
      for (String name : NAMES) {
        Path candidate = Path.of(directory, name);
        if (Files.isExecutable(candidate)) {
          return candidate;
        }
      }
    }
    throw new IOException("There is no Chromium on the PATH: apt-get install chromium");
  }

  private static Process launch(Path executable, Path profile) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(executable.toString());
    command.addAll(
        List.of(
            "--headless",
            "--no-sandbox", // it refuses to run as root with one
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            // a page in the background is to run as one in front does
            "--disable-background-timer-throttling",
            "--disable-renderer-backgrounding",
            "--disable-backgrounding-occluded-windows",
            "--remote-debugging-port=0",
            "--user-data-dir=" + profile,
            "about:blank"));
    return new ProcessBuilder(command).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
  }

  /** Chromium says it on its standard error, which somebody must go on reading after that. */
  private static String devToolsAddress(Process process)
      throws InterruptedException, ExecutionException, TimeoutException {
    CompletableFuture<String> address = new CompletableFuture<>();
    Thread reader =
        new Thread(
            () -> {
              List<String> said = new ArrayList<>();
              try (BufferedReader lines = process.errorReader(StandardCharsets.UTF_8)) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  if (line.startsWith(LISTENING)) {
                    address.complete(line.substring(LISTENING.length()).strip());
                  } else if (!address.isDone()) {
                    said.add(line);
                  }
                }
                address.completeExceptionally(new IOException("Chromium ended: " + said));
              } catch (IOException gone) {
                address.completeExceptionally(gone);
              }
            },
            "chromium-stderr");
    reader.setDaemon(true);
    reader.start();
    return address.get(START_SECONDS, TimeUnit.SECONDS);
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder text = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
      text.append(part);
      if (last) {
        JsonObject message = JsonParser.parseString(text.toString()).getAsJsonObject();
        text.setLength(0);
        if (message.has("id")) {
          CompletableFuture<JsonObject> answer = awaited.get(message.get("id").getAsInt());
          if (answer != null) {
            answer.complete(message);
          }
        } else if (message.has("sessionId")) {
          Consumer<JsonObject> listener = listeners.get(message.get("sessionId").getAsString());
          if (listener != null) {
            listener.accept(message);
          }
        }
      }
      socket.request(1);
      return null;
    }
  }
}
