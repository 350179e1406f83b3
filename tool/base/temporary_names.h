// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <string>

namespace blkhang {

// Names of files that are not finished yet, beside those whose place they will take. A process that is killed leaves
// one; the next that writes to the directory takes it away. Whoever writes one has it locked as long as he lives.

/// A name that nobody else makes meanwhile. It is short, whatever the file's own name is.
std::string make_temporary_name();

/// Before it is given such a name; or else at once, and then it may have been taken for one that was left
/// (has_name()). Where the file system knows no locks, nothing is ever taken away.
void lock_temporary(int file);
bool has_name(int file);

/// Takes away what killed processes have left in the directory: regular files with such a name that nobody has locked.
void remove_abandoned(int directory);
/// The same for each file that is written there. Where one follows another at once, the directory is not looked through
/// again: with thousands of files that would be quadratic.
void remove_abandoned_before_writing(int directory);

}  // namespace blkhang
