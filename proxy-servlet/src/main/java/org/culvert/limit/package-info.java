/**
 * How much: requests in a time ({@code limit_req}) and at a time ({@code limit_conn}). A zone
 * remembers the states of its keys, within a memory that its size bounds; limits are what a
 * location asks of zones.
 */
@NullMarked
package org.culvert.limit;

import org.jspecify.annotations.NullMarked;
