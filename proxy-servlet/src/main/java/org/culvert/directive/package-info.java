/** The table of directives: from the tree of words to immutable settings. */
@NullMarked
package org.culvert.directive;

import org.jspecify.annotations.NullMarked;
