namespace Nexo.Crash.Machine;

/// <summary>
/// An ext4 file system in a file, mounted through a loop device: one that may be filled and crashed. Needs root.
/// It is unmounted when it is disposed of, whatever has happened to it.
/// </summary>
internal sealed class LoopFileSystem : IAsyncDisposable
{
    private const int AttemptsMax = 100;
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(50);

    private readonly string _image;
    private bool _isMounted;

    private LoopFileSystem(string image, string root)
    {
        _image = image;
        Root = root;
    }

    /// <summary>Where it is mounted.</summary>
    public string Root { get; }

    /// <summary>Makes and mounts one.</summary>
    /// <param name="directory">Where the image and the mount point go.</param>
    /// <param name="megabytes">Its size.</param>
    /// <exception cref="MachineException">That does not work here.</exception>
    public static async Task<LoopFileSystem> CreateAsync(string directory, int megabytes)
    {
        if (Environment.UserName != "root")
        {
            throw new MachineException("mounting needs root");
        }

        var made = new LoopFileSystem(Path.Combine(directory, "image"), Path.Combine(directory, "mounted"));
        Directory.CreateDirectory(made.Root);
        await Tool.RunAsync("truncate", "-s", $"{megabytes}M", made._image);
        await Tool.RunAsync("mkfs.ext4", "-q", "-F", "-m", "0", made._image);
        await made.MountAsync();
        return made;
    }

    /// <summary>
    /// The power fails: nothing that was not synced reaches the disk any more, the journal is not written, every
    /// operation fails from now on.
    /// </summary>
    public void Crash() => Ext4Shutdown.WithoutFlush(Root);

    /// <summary>Unmounts, and mounts again: the journal is replayed, as at the next boot.</summary>
    public async Task RemountAsync()
    {
        await UnmountAsync();
        await MountAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_isMounted)
        {
            await UnmountAsync();
        }

        File.Delete(_image);
    }

    private async Task MountAsync()
    {
        await Tool.RunAsync("mount", "-o", "loop", _image, Root);
        _isMounted = true;
    }

    // A process that was just killed may keep it busy for a moment.
    private async Task UnmountAsync()
    {
        for (int attempt = 1; _isMounted; attempt++)
        {
            try
            {
                await Tool.RunAsync("umount", Root);
                _isMounted = false;
            }
            catch (MachineException) when (attempt < AttemptsMax)
            {
                await Task.Delay(BetweenAttempts);
            }
        }
    }
}
