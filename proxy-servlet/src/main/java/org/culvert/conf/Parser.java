package org.culvert.conf;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.culvert.conf.Directive.Block;
import org.jspecify.annotations.Nullable;

/**
 * Reads a configuration into a tree, every {@code include} replaced by what the files hold ({@code
 * ngx_conf_parse}). Knows no directive but that one.
 */
public final class Parser {
  /** What {@code -g} is called in messages. */
  public static final String COMMAND_LINE = "command line";

  private static final int DEEPEST_BLOCK = 200;
  private static final int MOST_FILES = 10_000;

  private final Source main;
  private final Map<String, String> texts = new LinkedHashMap<>();
  private final Deque<String> open = new ArrayDeque<>();
  private int files;
  private int depth;

  private Parser(Source main) {
    this.main = main;
  }

  /**
   * What was read.
   *
   * @param directives those of the main context, in order
   * @param files the text of every file, by name, in the order of reading: what {@code nginx -T}
   *     prints
   */
  public record Tree(List<Directive> directives, Map<String, String> files) {}

  /**
   * Reads a configuration.
   *
   * @param globals the text of {@code -g}, read before the file, or null
   * @throws ConfigurationException located where the text breaks the grammar
   */
  public static Tree parse(Source main, @Nullable String globals) throws ConfigurationException {
    Parser parser = new Parser(main);
    List<Directive> directives = new ArrayList<>();
    if (globals != null) {
      parser.body(new Lexer(COMMAND_LINE, globals, true), false, directives);
    }
    parser.file(main, null, directives);
    return new Tree(List.copyOf(directives), java.util.Collections.unmodifiableMap(parser.texts));
  }

  private void file(Source source, @Nullable Position from, List<Directive> into)
      throws ConfigurationException {
    String text;
    try {
      text = source.text();
    } catch (IOException e) {
      throw cannotOpen(source.name(), e, from);
    }
    if (open.contains(source.name()) || ++files > MOST_FILES) {
      throw new ConfigurationException(
          "open() \"" + source.name() + "\" failed (24: Too many open files)", from);
    }
    texts.putIfAbsent(source.name(), text);
    open.push(source.name());
    body(new Lexer(source.name(), text, false), false, into);
    open.pop();
  }

  /** Reads directives up to the end of the file or of the block; returns where that is. */
  private Position body(Lexer lexer, boolean isBlock, List<Directive> into)
      throws ConfigurationException {
    while (true) {
      switch (lexer.next()) {
        case SEMICOLON -> simple(new Directive(lexer.words(), lexer.position(), null), into);
        case BLOCK_START -> into.add(block(lexer));
        case BLOCK_END -> {
          if (!isBlock) {
            throw new ConfigurationException("unexpected \"}\"", lexer.position());
          }
          return lexer.position();
        }
        case FILE_END -> {
          if (isBlock) {
            throw new ConfigurationException(
                "unexpected end of file, expecting \"}\"", lexer.position());
          }
          return lexer.position();
        }
      }
    }
  }

  private Directive block(Lexer lexer) throws ConfigurationException {
    List<Word> words = lexer.words();
    Position position = lexer.position();
    if (position.file().equals(COMMAND_LINE)) {
      throw new ConfigurationException("block directives are not supported in -g option", position);
    }
    if (words.get(0).text().equals("include")) {
      throw new ConfigurationException(
          "directive \"include\" is not terminated by \";\"", position);
    }
    if (++depth > DEEPEST_BLOCK) {
      throw new ConfigurationException("blocks are nested too deeply", position);
    }
    List<Directive> directives = new ArrayList<>();
    Position end = body(lexer, true, directives);
    depth--;
    return new Directive(words, position, new Block(directives, end));
  }

  private void simple(Directive directive, List<Directive> into) throws ConfigurationException {
    if (!directive.name().equals("include")) {
      into.add(directive);
      return;
    }
    if (directive.arity() != 1) {
      throw directive.error("invalid number of arguments in \"include\" directive");
    }
    List<Source> included;
    try {
      included = main.include(directive.arg(1));
    } catch (IOException e) {
      throw cannotOpen(directive.arg(1), e, directive.position());
    }
    for (Source source : included) {
      file(source, directive.position(), into);
    }
  }

  private static ConfigurationException cannotOpen(
      String name, IOException cause, @Nullable Position from) {
    String reason = cause.getMessage();
    if (cause instanceof NoSuchFileException || cause instanceof FileNotFoundException) {
      reason = "2: No such file or directory";
    } else if (cause instanceof AccessDeniedException) {
      reason = "13: Permission denied";
    }
    return new ConfigurationException("open() \"" + name + "\" failed (" + reason + ")", from);
  }
}
