/* SPDX-License-Identifier: Apache-2.0
 * Copyright the goneaway authors
 *
 * socket_describe - who will be able to connect, said before the daemon starts: by the mode and
 * group that the socket will get, by the directories on the way to it, and, where Postfix is
 * installed, from inside its chroot.
 *
 * Invariant: nothing is opened or created. Root tests what another user will run: that is the
 * owner of the socket's directory, or else the user of the unit.
 */
#include "socket.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define UNIT_USER "goneaway"
#define POSTFIX_QUEUE "/var/spool/postfix"
#define NAME_SIZE 64

/* What is known of who runs the daemon, and of the group that the socket will have. */
struct who {
    char user[NAME_SIZE]; /* "" for not known; the same below */
    char group[NAME_SIZE];
    gid_t users_group;
    gid_t gid;
    bool named; /* group and gid are known */
};

/* From the length of one directory in an absolute path to that of the next; false at the end. */
static bool next_directory(const char *path, size_t *length)
{
    const char *slash = strchr(path + *length + 1, '/');

    if (slash == NULL)
        return false;
    *length = (size_t)(slash - path);
    return true;
}

static void set_user(struct who *who, const struct passwd *user)
{
    if (user == NULL)
        return;
    snprintf(who->user, sizeof(who->user), "%s", user->pw_name);
    who->users_group = user->pw_gid;
    who->gid = user->pw_gid;
    who->named = true;
}

static void find_user(const char *path, struct who *who)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash != NULL ? strndup(path, (size_t)(slash - path)) : strdup(".");
    struct stat status;

    if (geteuid() != 0)
        set_user(who, getpwuid(geteuid()));
    else if (directory != NULL && stat(directory, &status) == 0 && status.st_uid != 0)
        set_user(who, getpwuid(status.st_uid));
    else
        set_user(who, getpwnam(UNIT_USER));
    free(directory);
}

static void find_group(const struct config *config, struct who *who)
{
    const struct group *group = NULL;

    if (config->socket_group != NULL)
        group = getgrnam(config->socket_group);
    else if (who->named)
        group = getgrgid(who->gid);
    who->named = group != NULL;
    if (group != NULL) {
        who->gid = group->gr_gid;
        snprintf(who->group, sizeof(who->group), "%s", group->gr_name);
    }
}

/* May the group, or with none all others, enter that directory? One that is not there yet is made
 * by the unit, for the daemon's user and its group. */
static bool may_enter(const char *directory, const struct who *who, bool group)
{
    struct stat status;

    if (stat(directory, &status) != 0)
        return errno != ENOENT || (group && (!who->named || who->gid == who->users_group));
    if (group && who->named && status.st_gid == who->gid)
        return (status.st_mode & S_IXGRP) != 0;
    return (status.st_mode & S_IXOTH) != 0;
}

/* The first directory on the way that keeps them out, to be freed; NULL for none. */
static char *find_barrier(const char *path, const struct who *who, bool group)
{
    char *directory = NULL;

    for (size_t length = 0; path[0] == '/' && next_directory(path, &length);) {
        directory = strndup(path, length);
        if (directory == NULL || !may_enter(directory, who, group))
            break;
        free(directory);
        directory = NULL;
    }
    return directory;
}

static void print_member(FILE *out, const char *name, size_t *count)
{
    fprintf(out, "%s%s", (*count)++ == 0 ? " (members: " : ", ", name);
}

static bool is_listed(const struct group *group, const char *name)
{
    for (size_t i = 0; group->gr_mem[i] != NULL; i++)
        if (strcmp(group->gr_mem[i], name) == 0)
            return true;
    return false;
}

/* Those that the group lists, and those whose own group it is; the daemon's user is told before. */
static void describe_members(const struct who *who, FILE *out)
{
    const struct group *group = getgrgid(who->gid);
    const struct passwd *user;
    size_t count = 0;

    if (group == NULL)
        return;
    for (size_t i = 0; group->gr_mem[i] != NULL; i++)
        if (strcmp(group->gr_mem[i], who->user) != 0)
            print_member(out, group->gr_mem[i], &count);
    setpwent();
    while ((user = getpwent()) != NULL)
        if (user->pw_gid == who->gid && strcmp(user->pw_name, who->user) != 0 &&
            !is_listed(group, user->pw_name))
            print_member(out, user->pw_name, &count);
    endpwent();
    if (count > 0)
        fputc(')', out);
    else
        fprintf(out, " (it has no members: usermod -a -G %s postfix)", group->gr_name);
}

static void describe_group(const struct config *config, const char *path, FILE *out)
{
    struct who who = {.named = false};
    char *barrier;

    find_user(path, &who);
    find_group(config, &who);
    fprintf(out, "%s%s can, ", who.user[0] != '\0' ? "user " : "the daemon's user", who.user);
    barrier = find_barrier(path, &who, true);
    if (who.named)
        fprintf(out, "group %s", who.group);
    else
        fputs("the daemon's group", out);
    if ((config->socket_mode & S_IWGRP) == 0)
        fputs(" cannot", out);
    else if (barrier != NULL)
        fprintf(out, " cannot, for it may not enter %s", barrier);
    else
        fputs(" can", out);
    if ((config->socket_mode & S_IWGRP) != 0 && barrier == NULL && who.named)
        describe_members(&who, out);
    free(barrier);
}

static void describe_others(const struct config *config, const char *path, FILE *out)
{
    const struct who nobody = {.named = false};
    char *barrier = find_barrier(path, &nobody, false);

    if ((config->socket_mode & S_IWOTH) == 0)
        fputs(", others cannot\n", out);
    else if (barrier != NULL)
        fprintf(out, ", others cannot, for they may not enter %s\n", barrier);
    else
        fputs(", others can\n", out);
    free(barrier);
}

/* Postfix looks for a relative path below its queue directory, in a chroot or not. */
static void describe_postfix(const char *path, FILE *out)
{
    const size_t length = strlen(POSTFIX_QUEUE);

    if (access(POSTFIX_QUEUE, F_OK) != 0)
        return;
    if (strncmp(path, POSTFIX_QUEUE "/", length + 1) == 0)
        fprintf(out, "Postfix: smtpd_milters = unix:%s, which is found in its chroot too\n",
            path + length + 1);
    else
        fprintf(out,
            "Postfix: smtpd_milters = unix:%s, which an smtpd in a chroot (the default of Debian) "
            "cannot see; for that one choose a place below %s\n",
            path, POSTFIX_QUEUE);
}

void socket_describe(const struct config *config, FILE *out)
{
    const char *path = socket_path(config->listen);

    fprintf(out, "socket %s: ", config->listen);
    if (path == NULL) {
        fprintf(out, "TCP, whoever reaches that port can connect%s\n",
            config_listen_is_public(config) ? ": keep it behind a firewall"
                                            : " (from this machine)");
        return;
    }
    fprintf(out, "mode 0%03o, who can connect: ", config->socket_mode);
    describe_group(config, path, out);
    describe_others(config, path, out);
    describe_postfix(path, out);
}
