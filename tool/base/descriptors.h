// SPDX-License-Identifier: GPL-2.0-only
#pragma once

namespace blkhang {

/// Opens those of the descriptors 0 to 2 that whoever started this program left closed: the next files to be opened
/// would take their places, and evidence would be mixed with messages. Nothing is read from such a standard input,
/// writing to such a standard output fails, and what such a standard error gets is lost. Call first.
void open_standard_descriptors();

}  // namespace blkhang
