#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Kernels that lack what a guest builds on: without devtmpfs and without a driver for virtio ports a hang is proven all the
# same, and told over a serial line; without any module there is still a record, which says what is missing.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"
here=$(dirname "$(readlink --canonicalize "${BASH_SOURCE[0]}")")

"$blkhang" run elv-switch --guest deb:6.1 --dry-run >/dev/null  # the kernel is in the cache then
cache=${XDG_CACHE_HOME:-$HOME/.cache}/blkhang
image=$(ls "$cache"/kernels/linux-image-6.1.*/boot/vmlinuz-6.1.* | tail --lines=1)
release=${image##*/vmlinuz-}
modules=${image%/boot/*}/lib/modules/$release

"$here/../kernels/without-devtmpfs" "$image" "$work/bzImage"
mkdir --parents "$work/root/lib/modules"
cp --recursive "$modules" "$work/root/lib/modules/"
find "$work/root" -name 'virtio_console.ko*' -delete
sed --in-place '/virtio_console/d' "$work/root/lib/modules/$release/modules.dep"

profile=elv-switch
kernel=file:$work/bzImage,modules=$work/root
run bare --quiet
[[ $status == 1 ]] || die "exit $status"
expect bare "r['verdict']['value'] == 'hang' and len(r['deadlock']['tasks']) >= 2"
expect bare "any('no devtmpfs' in note for note in r['run']['notes'])"
expect bare "any('over a serial line' in note for note in r['run']['notes'])"
expect bare "r['run'].get('damaged_lines', 0) == 0"
[[ ! -e $work/bare/kernel.config ]] || die 'a configuration from nowhere'

kernel=file:$image
run monolithic --duration 5s --quiet
[[ $status == 4 ]] || die "exit $status"
expect monolithic "r['verdict']['value'] == 'unsupported' and len(r['verdict']['reasons']) >= 1"
expect monolithic "any('over a serial line' in note for note in r['run']['notes'])"
cmp "$work/monolithic/kernel.config" "${image%/*}/config-$release"
