package org.culvert.resolver;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.culvert.http.SocketAddresses;
import org.culvert.resolver.DnsMessage.Answer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One question, put to one server after another until one answers: five seconds each, as in nginx,
 * at once to the next where a server is not there. Each time from a new port and with a new number,
 * so that nobody can guess what an answer must look like (RFC 5452). Goes on until it is cancelled.
 * The loop's thread alone.
 */
final class DnsQuestion {
  private static final Logger LOG = LoggerFactory.getLogger(DnsQuestion.class);
  private static final Duration RESEND = Duration.ofSeconds(5);

  /** RFC 1035, section 2.3.4; a longer one is truncated, as we say of no other limit. */
  private static final int MOST_DATAGRAM = 512;

  private static final SecureRandom NUMBERS = new SecureRandom();

  private final DnsLoop loop;
  private final List<InetSocketAddress> servers;
  private final String name;
  private final int type;
  private final Consumer<Answer> answered;
  private int server;
  private int absent;
  private int id;
  private @Nullable SelectableChannel channel;
  private DnsLoop.@Nullable Timer resend;
  private boolean over;

  /**
   * A question that has not been put.
   *
   * @param first which server is asked first
   * @param answered told once, unless it is cancelled before
   */
  DnsQuestion(
      DnsLoop loop,
      List<InetSocketAddress> servers,
      int first,
      String name,
      int type,
      Consumer<Answer> answered) {
    this.loop = loop;
    this.servers = servers;
    this.server = Math.floorMod(first, servers.size());
    this.name = name;
    this.type = type;
    this.answered = answered;
  }

  /** Puts it. */
  void start() {
    resend = loop.after(RESEND, this::silent);
    try {
      id = NUMBERS.nextInt(0x10000);
      DatagramChannel datagrams = DatagramChannel.open();
      channel = datagrams;
      datagrams.connect(servers.get(server));
      loop.register(datagrams, SelectionKey.OP_READ, () -> datagram(datagrams));
      datagrams.write(DnsMessage.question(id, name, type));
    } catch (IOException e) {
      absent(e);
    }
  }

  private void silent() {
    absent = 0;
    next();
  }

  private void next() {
    leave();
    server = (server + 1) % servers.size();
    start();
  }

  /** The next one is asked at once; where all are absent, after a while. */
  private void absent(IOException cause) {
    if (over) {
      return;
    }
    LOG.error(
        "recv() failed ({}) while resolving, resolver: {}",
        cause.toString(),
        SocketAddresses.text(servers.get(server)));
    if (++absent < servers.size()) {
      next();
    } else {
      close();
    }
  }

  private void datagram(DatagramChannel datagrams) {
    ByteBuffer bytes = ByteBuffer.allocate(MOST_DATAGRAM + 1);
    try {
      while (!over && channel == datagrams && datagrams.read(bytes.clear()) > 0) {
        Answer answer = DnsMessage.answer(bytes.flip(), id, name, type);
        if (answer != null && answer.truncated()) {
          askAtLength();
        } else if (answer != null) {
          end(answer);
        }
      }
    } catch (IOException e) {
      absent(e);
    }
  }

  /** Over TCP, the same server (RFC 7766). */
  private void askAtLength() throws IOException {
    close();
    SocketChannel stream = SocketChannel.open();
    channel = stream;
    stream.configureBlocking(false);
    DnsStream talk = new DnsStream(stream, DnsMessage.question(id, name, type));
    boolean connected = stream.connect(servers.get(server));
    SelectionKey key =
        loop.register(
            stream,
            connected ? SelectionKey.OP_WRITE : SelectionKey.OP_CONNECT,
            () -> stream(stream, talk));
    talk.on(key);
  }

  private void stream(SocketChannel stream, DnsStream talk) {
    if (over || channel != stream) {
      return;
    }
    try {
      ByteBuffer whole = talk.ready();
      if (whole != null) {
        Answer answer = DnsMessage.answer(whole, id, name, type);
        if (answer == null || answer.truncated()) {
          throw new IOException("a broken answer");
        }
        end(answer);
      }
    } catch (IOException e) {
      absent(e);
    }
  }

  private void end(Answer answer) {
    cancel();
    answered.accept(answer);
  }

  /** Nobody wants an answer any more. */
  void cancel() {
    over = true;
    leave();
  }

  private void leave() {
    if (resend != null) {
      resend.cancel();
    }
    close();
  }

  private void close() {
    SelectableChannel used = channel;
    channel = null;
    if (used != null) {
      try {
        used.close();
      } catch (IOException e) {
        LOG.debug("cannot close a socket of the resolver's", e);
      }
    }
  }
}
