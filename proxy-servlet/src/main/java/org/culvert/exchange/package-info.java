/** One HTTP request through the upstream client, with backpressure on all four legs. */
@NullMarked
package org.culvert.exchange;

import org.jspecify.annotations.NullMarked;
