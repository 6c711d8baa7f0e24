package org.culvert.content;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.culvert.encoding.GzipSettings;
import org.culvert.http.ByteRanges;
import org.culvert.http.HeaderFields;
import org.culvert.http.HttpDate;
import org.culvert.http.RequestHead;
import org.culvert.http.ResponseHead;
import org.jspecify.annotations.Nullable;

/** Answers a request with one open file: whole, in parts, or not at all because it is unchanged. */
final class FileAnswer {
  private static final byte[] NOTHING = {};

  private final RequestHead request;
  private final boolean compressed;
  private final GzipSettings gzip;
  private final FileChannel channel;
  private final long length;
  private final long modified;
  private final String type;
  private final @Nullable String etag;
  private final FileRules rules;

  /**
   * About a file.
   *
   * @param compressed whether it is the compressed twin of the file that was asked for
   * @param gzip what becomes of the body later
   * @param modified seconds since the epoch
   * @param type the media type, or ""
   * @param rules the location's
   */
  FileAnswer(
      RequestHead request,
      boolean compressed,
      GzipSettings gzip,
      FileChannel channel,
      long length,
      long modified,
      String type,
      FileRules rules) {
    this.request = request;
    this.compressed = compressed;
    this.gzip = gzip;
    this.channel = channel;
    this.length = length;
    this.modified = modified;
    this.type = type;
    this.rules = rules;
    this.etag = rules.etag() ? etag(modified, length) : null;
  }

  private static String etag(long modified, long length) {
    return "\"" + Long.toHexString(modified) + "-" + Long.toHexString(length) + "\"";
  }

  /**
   * The file as the page of another status, an error's for instance: always whole, and without the
   * fields that invite to ask for a part or to ask again.
   */
  StaticOutcome outcome(int status) throws IOException {
    HeaderFields fields = new HeaderFields();
    addType(fields);
    addTag(fields);
    return answer(status, fields, List.of(new FileBody.Part(NOTHING, 0, length)));
  }

  /** The outcome; the channel belongs to the body that it has, and is closed where it has none. */
  StaticOutcome outcome() throws IOException {
    Preconditions conditions =
        new Preconditions(request.fields(), modified, etag, rules.ifModifiedSince());
    int status = conditions.status();
    if (status == 412) {
      channel.close();
      return new StaticOutcome.Status(412);
    }
    HeaderFields fields = new HeaderFields();
    fields.add("Last-Modified", HttpDate.format(modified));
    addTag(fields);
    if (status == 304) {
      channel.close();
      return new StaticOutcome.Answered(new ResponseHead(304, null, fields), null);
    }
    ByteRanges ranges = ByteRanges.parse(range(conditions), length, rules.maxRanges());
    return switch (ranges.kind()) {
      case WHOLE -> whole(fields);
      case PARTIAL -> parts(fields, ranges.ranges());
      case UNSATISFIABLE -> {
        channel.close();
        yield new StaticOutcome.Status(
            416, HeaderFields.of("Content-Range", "bytes */" + length), null);
      }
    };
  }

  /** Of a body that is compressed no part is sent. */
  private String range(Preconditions conditions) {
    String range = conditions.range();
    if (range.isEmpty() || compressed) {
      return "";
    }
    HeaderFields fields = HeaderFields.of("Content-Length", Long.toString(length));
    addType(fields);
    boolean coded =
        gzip.coding(request, new ResponseHead(200, null, fields)) != GzipSettings.Coding.NONE;
    return coded ? "" : range;
  }

  private StaticOutcome whole(HeaderFields fields) throws IOException {
    addType(fields);
    if (compressed) {
      fields.add("Content-Encoding", "gzip");
    } else if (rules.maxRanges() > 0) {
      fields.add("Accept-Ranges", "bytes");
    }
    return answer(200, fields, List.of(new FileBody.Part(NOTHING, 0, length)));
  }

  private StaticOutcome parts(HeaderFields fields, List<ByteRanges.Range> ranges)
      throws IOException {
    if (ranges.size() == 1) {
      ByteRanges.Range range = ranges.get(0);
      addType(fields);
      fields.add("Content-Range", contentRange(range));
      return answer(206, fields, List.of(new FileBody.Part(NOTHING, range.start(), range.end())));
    }
    String boundary = String.format("%020d", ThreadLocalRandom.current().nextLong(Long.MAX_VALUE));
    List<FileBody.Part> parts = new ArrayList<>();
    for (ByteRanges.Range range : ranges) {
      String head =
          "\r\n--"
              + boundary
              + (type.isEmpty() ? "" : "\r\nContent-Type: " + type)
              + "\r\nContent-Range: "
              + contentRange(range)
              + "\r\n\r\n";
      parts.add(new FileBody.Part(bytes(head), range.start(), range.end()));
    }
    parts.add(new FileBody.Part(bytes("\r\n--" + boundary + "--\r\n"), 0, 0));
    fields.add("Content-Type", "multipart/byteranges; boundary=" + boundary);
    return answer(206, fields, parts);
  }

  private StaticOutcome answer(int status, HeaderFields fields, List<FileBody.Part> parts)
      throws IOException {
    FileBody body = new FileBody(channel, parts);
    fields.add("Content-Length", Long.toString(body.length()));
    ResponseHead head = new ResponseHead(status, null, fields);
    if (request.method().equals("HEAD")) {
      body.close();
      return new StaticOutcome.Answered(head, null);
    }
    return new StaticOutcome.Answered(head, body);
  }

  private void addTag(HeaderFields fields) {
    if (etag != null) {
      fields.add("ETag", etag);
    }
  }

  private void addType(HeaderFields fields) {
    if (!type.isEmpty()) {
      fields.add("Content-Type", type);
    }
  }

  private String contentRange(ByteRanges.Range range) {
    return "bytes " + range.start() + "-" + (range.end() - 1) + "/" + length;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
