/** What happened: the access log and its formats. */
@NullMarked
package org.culvert.observe;

import org.jspecify.annotations.NullMarked;
