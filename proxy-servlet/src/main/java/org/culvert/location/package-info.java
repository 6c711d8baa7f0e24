/**
 * nginx's choice of a server by its name and of a location by its path, ignorant of what is found.
 */
@NullMarked
package org.culvert.location;

import org.jspecify.annotations.NullMarked;
