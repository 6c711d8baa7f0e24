/**
 * Who may have what a location serves: {@code allow}, {@code deny}, {@code auth_basic}, {@code
 * auth_request}, {@code satisfy}.
 */
@NullMarked
package org.culvert.access;

import org.jspecify.annotations.NullMarked;
