/**
 * The configuration language: words, blocks, include, positions. Text in, tree out; knows no
 * directive.
 */
@NullMarked
package org.culvert.conf;

import org.jspecify.annotations.NullMarked;
