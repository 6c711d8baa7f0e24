/**
 * The sample pages in headless Chromium, through the launcher. Chromium is driven over its DevTools
 * protocol; a page is one tab in a profile of its own, as good as another user's browser.
 */
package org.culvert.it.browser;
