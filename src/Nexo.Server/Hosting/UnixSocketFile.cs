using System.Net.Sockets;

namespace Nexo.Server.Hosting;

/// <summary>The file of a unix socket, which outlives a server that was killed.</summary>
internal static class UnixSocketFile
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Makes way for a new socket: removes one that nobody serves any more, and touches nothing else.</summary>
    public static void Claim(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException failure) when (failure.SocketErrorCode == SocketError.ConnectionRefused && IsSocket(path))
        {
            File.Delete(path);
            return;
        }
        catch (SocketException failure)
        {
            throw new ServerStartException(
                $"{path} is there and is no socket that this server may replace; choose another path with --unix-socket",
                failure);
        }

        throw new ServerStartException(
            $"another server listens on {path}; stop it, or choose another path with --unix-socket");
    }

    public static void Protect(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, OwnerOnly);
        }
    }

    // Connecting to a regular file is refused too. A socket cannot be opened, whoever asks.
    private static bool IsSocket(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }
}
