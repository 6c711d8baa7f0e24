/** What a location decides before content: {@code set}, {@code return}, {@code error_page}. */
@NullMarked
package org.culvert.rewrite;

import org.jspecify.annotations.NullMarked;
