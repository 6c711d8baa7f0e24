/** The servlet, its registration, the configuration at work, and the containers' adapters. */
@NullMarked
package org.culvert.servlet;

import org.jspecify.annotations.NullMarked;
