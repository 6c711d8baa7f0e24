/** Where to send and when to try again: groups, peers, their health, balancers. */
@NullMarked
package org.culvert.upstream;

import org.jspecify.annotations.NullMarked;
