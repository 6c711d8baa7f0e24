package org.culvert.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyProtocolTest {
  private static final String SIGNATURE = "0d0a0d0a000d0a515549540a";
  private static final String ADDRESSES = "c0000201c6336402138901bb";

  private static ProxyProtocol.Reading text(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    return ProxyProtocol.read(bytes, bytes.length);
  }

  private static ProxyProtocol.Reading block(String hex) {
    byte[] bytes = HexFormat.of().parseHex(SIGNATURE + hex);
    return ProxyProtocol.read(bytes, bytes.length);
  }

  private static @Nullable String tlv(String tlvs, String name) {
    String length = String.format("%04x", 12 + tlvs.length() / 2);
    ProxyHeader header = block("2111" + length + ADDRESSES + tlvs).header();
    assertThat(header).isNotNull();
    return header.value(name);
  }

  @Test
  void readsTheLineOfVersion1UpToItsEnd() {
    String line = "PROXY TCP4 192.0.2.1 198.51.100.2 5001 443\r\n";

    assertThat(text(line + "GET / HTTP/1.1\r\n"))
        .isEqualTo(
            new ProxyProtocol.Reading(
                line.length(), new ProxyHeader("192.0.2.1", 5001, "198.51.100.2", 443, ""), null));
  }

  @Test
  void takesAHeaderInPieces() {
    byte[] line = "PROXY TCP6 2001:db8::1 ::1 1 2\r\nx".getBytes(StandardCharsets.ISO_8859_1);
    byte[] block = HexFormat.of().parseHex(SIGNATURE + "2111000c" + ADDRESSES + "78");
    for (byte[] all : new byte[][] {line, block}) {
      for (int count = 0; count < all.length - 1; count++) {
        assertThat(ProxyProtocol.read(Arrays.copyOf(all, 4096), count).isIncomplete()).isTrue();
      }
      assertThat(ProxyProtocol.read(all, all.length).length()).isEqualTo(all.length - 1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff:f 1 65535 and more\r\n"})
  void takesALineThatTellsNothing(String line) {
    assertThat(text(line)).isEqualTo(new ProxyProtocol.Reading(line.length(), null, null));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2000000c" + ADDRESSES, "2112000c" + ADDRESSES, "21310000", "20000000"})
  void takesABlockThatTellsNothing(String hex) {
    ProxyProtocol.Reading reading = block(hex);
    assertThat(reading.header()).isNull();
    assertThat(reading.length()).isEqualTo(12 + hex.length() / 2);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET / HTTP/1.1^^ | broken header: \"GET / HTTP/1.1\"",
        "PROXY TCP5 1.1.1.1 1.1.1.1 1 2^ | broken header: \"PROXY TCP5 1.1.1.1 1.1.1.1 1 2\"",
        "PROXY TCP4 one 1.1.1.1 1 2^ | broken header: \"PROXY TCP4 one 1.1.1.1 1 2\"",
        "PROXY TCP4 1.1.1.1 1.1.1.1 1 65536^ | broken header: \"PROXY TCP4 1.1.1.1 1.1.1.1 1 65536\"",
        "PROXY TCP4 1.1.1.1 1.1.1.1 1^ | broken header: \"PROXY TCP4 1.1.1.1 1.1.1.1 1\"",
      })
  void refusesWhatIsNoHeader(String sent, String error) {
    assertThat(text(sent.replace("^", "\r\n")).error()).isEqualTo(error);
  }

  @Test
  void refusesABlockOfAnotherVersionOrLength() {
    assertThat(block("3111000c").error()).isEqualTo("unknown PROXY protocol version: 3");
    assertThat(block("21110ff1").error()).isEqualTo("header is too large");
    assertThat(block("21110008c0000201c6336402").error()).startsWith("broken header");
  }

  @Test
  void boundsALineThatDoesNotEnd() {
    String line = "PROXY UNKNOWN " + "a".repeat(ProxyProtocol.LONGEST);
    byte[] bytes = line.getBytes(StandardCharsets.ISO_8859_1);
    assertThat(ProxyProtocol.read(bytes, ProxyProtocol.LONGEST).error()).startsWith("broken");
  }

  @Test
  void readsTheAddressesOfVersion2() {
    assertThat(block("2111000c" + ADDRESSES).header())
        .isEqualTo(new ProxyHeader("192.0.2.1", 5001, "198.51.100.2", 443, ""));
    assertThat(
            block(
                    "21210024"
                        + "20010db8000000000000000000000001"
                        + "20010db8000000000000000000000002"
                        + "138a0050")
                .header())
        .isEqualTo(new ProxyHeader("2001:db8::1", 5002, "2001:db8::2", 80, ""));
  }

  @Test
  void findsTlvsByNameAndByNumber() {
    String tlvs = "0100026832" + "02000b" + "6578616d706c652e6f7267" + "ea000161";
    assertThat(tlv(tlvs, "alpn")).isEqualTo("h2");
    assertThat(tlv(tlvs, "authority")).isEqualTo("example.org");
    assertThat(tlv(tlvs, "0xea")).isEqualTo("a");
    assertThat(tlv(tlvs, "0x05")).isNull();
    assertThat(tlv(tlvs, "nonsense")).isNull();
    assertThat(tlv("0100ff6832", "alpn")).isNull(); // Longer than the header.
  }

  @Test
  void findsTheTlvsOfTls() {
    String tlvs = "20000f" + "0100000007" + "210003312e32" + "22000161";
    assertThat(tlv(tlvs, "ssl_version")).isEqualTo("1.2");
    assertThat(tlv(tlvs, "ssl_cn")).isEqualTo("a");
    assertThat(tlv(tlvs, "ssl_verify")).isEqualTo("7");
    assertThat(tlv(tlvs, "ssl_0x22")).isEqualTo("a");
    assertThat(tlv(tlvs, "version")).isNull();
    assertThat(tlv("20000101", "ssl_verify")).isNull();
  }
}
