#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Kernels that lack what a guest builds on: without devtmpfs and without a driver for virtio ports a hang is proven all the
# same, and told over a serial line; without any module there is still a record, which says what is missing.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../guest-lib.sh" "$@"
here=$(dirname "$(readlink --canonicalize "${BASH_SOURCE[0]}")")

cached_image() {
    find "${XDG_CACHE_HOME:-$HOME/.cache}"/blkhang/kernels/linux-image-6.1.*/boot -name 'vmlinuz-6.1.*' 2>/dev/null |
        sort --version-sort | tail --lines=1
}
image=$(cached_image || true)
if [[ -z $image ]]; then
    run fetched --duration 5s --quiet
    image=$(cached_image)
fi
release=${image##*/vmlinuz-}
modules=${image%/boot/*}/lib/modules/$release

"$here/../kernels/without-devtmpfs" "$image" "$work/bzImage"
mkdir --parents "$work/root/lib/modules"
cp --recursive "$modules" "$work/root/lib/modules/"
find "$work/root" -name 'virtio_console.ko*' -delete
/sbin/depmod --basedir "$work/root" "$release"

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
