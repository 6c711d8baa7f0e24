/** Static files: {@code root}, {@code alias}, {@code index}. */
@NullMarked
package org.culvert.content;

import org.jspecify.annotations.NullMarked;
