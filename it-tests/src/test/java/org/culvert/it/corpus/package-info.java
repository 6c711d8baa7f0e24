/**
 * The corpus: configurations with requests, each given to nginx and to Culvert, whose answers must
 * be the same. {@code src/test/resources/corpus/README.md} says how a file is written.
 */
package org.culvert.it.corpus;
