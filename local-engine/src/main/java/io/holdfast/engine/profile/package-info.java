/** Profiles: how keys are shown as tables. Pure: files are read and statements are run by others. */
@NullMarked
package io.holdfast.engine.profile;

import org.jspecify.annotations.NullMarked;
