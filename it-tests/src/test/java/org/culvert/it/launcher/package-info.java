/** The launcher in a process of its own, as a user runs it. */
package org.culvert.it.launcher;
