/**
 * The benchmarks' own tools, tested: a load generator that overlooks a wrong or a lost answer would
 * make a broken proxy look fast. See docs/performance.md.
 */
package org.culvert.it.benchmark;
