/** Who may have what a location serves: {@code allow}, {@code deny}. */
@NullMarked
package org.culvert.access;

import org.jspecify.annotations.NullMarked;
