/**
 * What a request or a message costs where it is arithmetic alone: no socket, no container. Each
 * class measures one thing by JMH; {@link org.culvert.jmh.Sample} is the configuration and the
 * request that they share.
 */
@NullMarked
package org.culvert.jmh;

import org.jspecify.annotations.NullMarked;
