/** Profiles are read strictly, and what is made of them is looked at as text; the store's tests run it. */
@NullMarked
package io.holdfast.engine.profile;

import org.jspecify.annotations.NullMarked;
