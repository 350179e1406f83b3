// SPDX-License-Identifier: GPL-2.0-only
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "base/file.h"
#include "base/testing/file_tree.h"
#include "machine/device_system.h"
#include "machine/facts.h"

namespace blkhang {

/// For tests: a machine whose devices are files, with what its kernel says of them, as any user.
///
/// It has /dev/vda, whose partition vda1 is the root, and two blank disks, vdb and vdc, of 16 MiB each.
class FakeDevices : public DeviceSystem, public FileTree {
public:
    static constexpr std::uint64_t kMiB = std::uint64_t{1} << 20U;

    FakeDevices() : FileTree("devices") {
        roots = {.proc = at("proc"), .sys = at("sys"), .dev = at("dev"), .etc = at("etc"), .var = at("var")};
        disk("vda", {254, 0});
        partition("vda", "vda1", {254, 1});
        disk("vdb", {254, 16});
        disk("vdc", {254, 32});
        put("etc/fstab", "# the root\n/dev/vda1 / ext4 defaults 0 1\n");
        put("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
        process("100", "blkhang");
        std::filesystem::create_directory_symlink("100", at("proc/self"));
        link("proc/100/ns/pid", "pid:[4026531836]");
        process("1", "init");
        mounted("254:1 / / rw - ext4 /dev/vda1 rw");
        put("proc/1/mountinfo", read_file(at("proc/100/mountinfo")).value());
    }

    HostRoots roots;

    void remove(std::string_view file) const { std::filesystem::remove_all(at(file)); }

    /// A file of /sys/class/block/NAME.
    void attribute(const std::string& name, const std::string& file, const std::string& value) const {
        put(in_sys_.at(name) + "/" + file, value + "\n");
    }
    void disk(const std::string& name, DeviceNumber number, std::uint64_t size = 16 * kMiB,
              const std::string& bus = "pci0000:00") {
        device(name, "sys/devices/" + bus + "/" + name + "-controller/block/" + name, number, size);
        attribute(name, "removable", "0");
        attribute(name, "queue/zoned", "none");
    }
    void partition(const std::string& disk, const std::string& name, DeviceNumber number) {
        device(name, in_sys_.at(disk) + "/" + name, number, 4 * kMiB);
        attribute(name, "partition", name.substr(disk.size()));
    }
    /// `above` is made of `below`.
    void stack(const std::string& below, const std::string& above) const {
        link(in_sys_.at(below) + "/holders/" + above, "../" + above);
        link(in_sys_.at(above) + "/slaves/" + below, "../" + below);
    }
    void mapping(const std::string& name, DeviceNumber number, const std::string& below, const std::string& title,
                 const std::string& uuid) {
        disk(name, number, 8 * kMiB, "virtual");
        attribute(name, "dm/name", title);
        attribute(name, "dm/uuid", uuid);
        stack(below, name);
    }

    void process(const std::string& pid, const std::string& comm,
                 const std::string& mount_namespace = "mnt:[1]") const {
        put("proc/" + pid + "/comm", comm + "\n");
        std::filesystem::create_directories(at("proc/" + pid + "/fd"));
        link("proc/" + pid + "/ns/mnt", mount_namespace);
    }
    void opened(const std::string& pid, const std::string& device, const std::string& flags) const {
        link("proc/" + pid + "/fd/7", at("dev/" + device));
        put("proc/" + pid + "/fdinfo/7", "pos:\t0\nflags:\t" + flags + "\n");
    }
    /// A line of mountinfo from its device number on.
    void mounted(const std::string& line, const std::string& pid = "100") const {
        put("proc/" + pid + "/mountinfo",
            read_file(at("proc/" + pid + "/mountinfo")).value_or("") + "36 35 " + line + "\n");
    }

    void write(const std::string& device, std::uint64_t offset, std::string_view bytes) const {
        const Fd fd{::open(at("dev/" + device).c_str(), O_WRONLY | O_CLOEXEC)};
        if (::pwrite(fd.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)) !=
            static_cast<ssize_t>(bytes.size())) {
            throw std::runtime_error("cannot write to " + device);
        }
    }

    /// This file lies on that filesystem.
    void lies_on(std::string_view file, DeviceNumber filesystem) { filesystems_[inode(at(file))] = filesystem; }
    void make_anonymous(std::string_view file) { anonymous_[inode(at(file))] = true; }
    /// Another node of the same device.
    void alias(const std::string& device, std::string_view file) {
        put(file, "");
        nodes_[inode(at(file))] = nodes_.at(inode(at("dev/" + device)));
    }
    void hold(const std::string& device) { held_[inode(at("dev/" + device))] = true; }
    void deny(const std::string& device, int error) { denied_[inode(at("dev/" + device))] = error; }
    /// What a descriptor says, when it is asked.
    std::optional<std::uint64_t> sequence = {};

    [[nodiscard]] std::optional<PathTarget> look_at(int directory, const char* path) const override {
        struct stat info {};
        return ::fstatat(directory, path, &info, 0) == 0 ? std::optional(target(info)) : std::nullopt;
    }
    [[nodiscard]] std::optional<PathTarget> look_at(int open) const override {
        struct stat info {};
        return ::fstat(open, &info) == 0 ? std::optional(target(info)) : std::nullopt;
    }
    [[nodiscard]] Result<Fd> open(const std::filesystem::path& path, int flags) const override {
        const auto node = inode(path);
        if (const auto found = denied_.find(node); found != denied_.end()) {
            return fail(Error::from_errno(found->second, "opening " + path.string()));
        }
        if ((flags & O_EXCL) != 0 && held_.contains(node)) {
            return fail(Error::from_errno(EBUSY, "opening " + path.string()));
        }
        Fd fd{::open(path.c_str(), (flags & ~(O_EXCL | O_DIRECT)) | O_CLOEXEC)};
        if (!fd.valid()) {
            return fail_errno("opening " + path.string());
        }
        return fd;
    }
    [[nodiscard]] std::optional<std::uint64_t> diskseq(int /*fd*/) const override { return sequence; }

private:
    static ino_t inode(const std::filesystem::path& path) {
        struct stat info {};
        return ::stat(path.c_str(), &info) == 0 ? info.st_ino : 0;
    }
    void device(const std::string& name, const std::string& directory, DeviceNumber number, std::uint64_t size) {
        in_sys_[name] = directory;
        attribute(name, "dev", text(number));
        attribute(name, "size", std::to_string(size / 512));
        attribute(name, "ro", "0");
        link("sys/class/block/" + name, at(directory));
        put("dev/" + name, "");
        std::filesystem::resize_file(at("dev/" + name), size);
        nodes_[inode(at("dev/" + name))] = number;
    }
    [[nodiscard]] PathTarget target(const struct stat& info) const {
        PathTarget target;
        if (const auto found = nodes_.find(info.st_ino); found != nodes_.end()) {
            target.kind = PathTarget::Kind::block;
            target.device = found->second;
        } else if (anonymous_.contains(info.st_ino)) {
            target.kind = PathTarget::Kind::anonymous;
        }
        if (const auto found = filesystems_.find(info.st_ino); found != filesystems_.end()) {
            target.filesystem = found->second;
        }
        return target;
    }

    std::map<std::string, std::string> in_sys_;
    std::map<ino_t, DeviceNumber> nodes_;
    std::map<ino_t, DeviceNumber> filesystems_;
    std::map<ino_t, bool> anonymous_, held_;
    std::map<ino_t, int> denied_;
};

}  // namespace blkhang
