/* SPDX-License-Identifier: MIT */
/*
 * Files beside the application, on the EFI system partition or whatever else it was loaded from.
 *
 * The directory is taken from the device path of the loaded image: its file path nodes, joined,
 * without the last component (UEFI 2.10, 10.3.5.4).
 */
#include "boot/efi/application.h"

#define PATH_LENGTH_MAX 511 /* characters without the final NUL */
#define READ_PIECE      (4 * MIB)

struct path {
    CHAR16 text[PATH_LENGTH_MAX + 1];
    size_t length;
    bool fits;
};

static bool path_ends_with_separator(const struct path *path)
{
    return path->length > 0 && path->text[path->length - 1] == '\\';
}

static void path_put(struct path *path, CHAR16 c)
{
    /* Nodes may or may not bring backslashes of their own. */
    if (c == '\\' && path_ends_with_separator(path))
        return;
    path->fits &= path->length < PATH_LENGTH_MAX;
    if (path->fits)
        path->text[path->length++] = c;
}

static size_t node_length(const EFI_DEVICE_PATH *node)
{
    return (size_t)DevicePathNodeLength(node);
}

static void path_put_node(struct path *path, const EFI_DEVICE_PATH *node)
{
    const CHAR16 *name = (const CHAR16 *)(node + 1);
    size_t count = (node_length(node) - sizeof(*node)) / sizeof(CHAR16);
    path_put(path, '\\');
    for (size_t i = 0; i < count && name[i] != 0; i++)
        path_put(path, name[i]);
}

/* `path` becomes that of `name` in the directory of the file that the device path names. */
static void path_of_neighbour(struct path *path, EFI_DEVICE_PATH *node, const CHAR16 *name)
{
    path->length = 0;
    path->fits = true;
    for (; node && !IsDevicePathEnd(node) && node_length(node) >= sizeof(*node);
         node = NextDevicePathNode(node))
        if (DevicePathType(node) == MEDIA_DEVICE_PATH &&
            DevicePathSubType(node) == MEDIA_FILEPATH_DP)
            path_put_node(path, node);
    while (path->length > 0 && !path_ends_with_separator(path))
        path->length--;
    path_put(path, '\\');
    while (*name != 0)
        path_put(path, *name++);
    path->text[path->length] = 0;
}

/* EFI_NOT_FOUND: there is no file system. */
static EFI_STATUS volume_open(struct application *app, EFI_FILE_PROTOCOL **root)
{
    static EFI_GUID guid = EFI_SIMPLE_FILE_SYSTEM_PROTOCOL_GUID;
    EFI_FILE_IO_INTERFACE *volume;
    if (!app->image->DeviceHandle ||
        EFI_ERROR(app->services->HandleProtocol(app->image->DeviceHandle, &guid, (void **)&volume)))
        return EFI_NOT_FOUND;
    return volume->OpenVolume(volume, root);
}

/* A directory counts as not found. */
static EFI_STATUS file_size(EFI_FILE_PROTOCOL *file, u64 *out)
{
    static EFI_GUID guid = EFI_FILE_INFO_ID;
    union {
        EFI_FILE_INFO info;
        u8 with_name[sizeof(EFI_FILE_INFO) + sizeof(CHAR16) * (PATH_LENGTH_MAX + 1)];
    } buffer;
    UINTN size = sizeof(buffer);
    EFI_STATUS status = file->GetInfo(file, &guid, &size, &buffer);
    if (EFI_ERROR(status))
        return status;
    *out = buffer.info.FileSize;
    return buffer.info.Attribute & EFI_FILE_DIRECTORY ? EFI_NOT_FOUND : EFI_SUCCESS;
}

/* In pieces, because some firmware does not read much at once. */
static EFI_STATUS read_all(EFI_FILE_PROTOCOL *file, paddr_t to, u64 size)
{
    while (size > 0) {
        UINTN piece = MIN(size, READ_PIECE);
        EFI_STATUS status = file->Read(file, &piece, (void *)to);
        if (EFI_ERROR(status))
            return status;
        if (piece == 0)
            return EFI_END_OF_FILE;
        to += piece;
        size -= piece;
    }
    return EFI_SUCCESS;
}

static EFI_STATUS read_opened(struct application *app, EFI_FILE_PROTOCOL *file, struct blob *out)
{
    struct blob found = {.present = true};
    EFI_STATUS status = file_size(file, &found.size);
    if (EFI_ERROR(status))
        return status;
    status = pages_allocate(app, found.size, &found.address);
    if (EFI_ERROR(status))
        return status;
    status = read_all(file, found.address, found.size);
    if (!EFI_ERROR(status))
        *out = found;
    return status;
}

static EFI_STATUS find_and_read(struct application *app, const CHAR16 *name, struct blob *out)
{
    struct path path;
    EFI_FILE_PROTOCOL *root, *file;
    path_of_neighbour(&path, app->image->FilePath, name);
    if (!path.fits)
        return EFI_BUFFER_TOO_SMALL;
    EFI_STATUS status = volume_open(app, &root);
    if (EFI_ERROR(status))
        return status;
    status = root->Open(root, &file, path.text, EFI_FILE_MODE_READ, 0);
    if (!EFI_ERROR(status)) {
        status = read_opened(app, file, out);
        file->Close(file);
    }
    root->Close(root);
    return status;
}

EFI_STATUS file_read(struct application *app, const CHAR16 *name, struct blob *out)
{
    EFI_STATUS status = find_and_read(app, name, out);
    if (status == EFI_NOT_FOUND)
        return EFI_SUCCESS;
    if (EFI_ERROR(status) && !app->error)
        app->error = L"a file beside the application cannot be read";
    return status;
}
