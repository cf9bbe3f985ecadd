namespace Nexo.Storage;

/// <summary>
/// The only door to files. Paths are relative to the root of the disk, with <c>/</c> between parts. Every failure is a
/// <see cref="DiskException"/>. Names (create, rename, delete) survive a power loss only after
/// <see cref="SyncDirectory"/> on their directory, contents only after <see cref="IDiskFile.Sync"/>.
/// Thread-safe.
/// </summary>
public interface IDisk
{
    /// <summary>Where it is, for messages.</summary>
    string Root { get; }

    /// <summary>Bytes that a new file may take; <see cref="long.MaxValue"/> if it cannot be told.</summary>
    long FreeBytes { get; }

    /// <summary>True if there is a file (not a directory) with this path.</summary>
    bool Exists(string path);

    /// <summary>Names of the files in a directory, sorted bytewise; none if there is no such directory.</summary>
    IReadOnlyList<string> List(string directory);

    /// <summary>Names of the directories in a directory, as <see cref="List"/> gives those of the files.</summary>
    IReadOnlyList<string> ListDirectories(string directory);

    /// <summary>Makes a directory for this user only, with its parents; nothing if it is there.</summary>
    void CreateDirectory(string directory);

    /// <summary>Makes an empty file for this user only; fails if it is there.</summary>
    IDiskFile Create(string path);

    /// <summary>Opens a file that is there.</summary>
    IDiskFile Open(string path, bool forWriting);

    /// <summary>Gives a file another name, in place of what may have had it.</summary>
    void Rename(string from, string to);

    /// <summary>Takes a file's name away; fails if it is not there.</summary>
    void Delete(string path);

    /// <summary>Makes the names in a directory survive a power loss.</summary>
    void SyncDirectory(string directory);

    /// <summary>
    /// Locks a file, which is created if needed, for this process until the answer is disposed of or the process ends;
    /// null: another one has it. The file's content is the holder's to write.
    /// </summary>
    IDiskFile? TryLock(string path);
}
