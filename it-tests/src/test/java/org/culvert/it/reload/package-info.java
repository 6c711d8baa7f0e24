/** Web applications that take another configuration while they run. */
package org.culvert.it.reload;
