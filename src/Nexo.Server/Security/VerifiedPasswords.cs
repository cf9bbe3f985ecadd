using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Nexo.Server.Security;

/// <summary>
/// Passwords that were verified since the start, hashed quickly under a key that never leaves the process: when a
/// thousand clients reconnect at once, the server does not spend minutes on proving the same thing again.
/// </summary>
internal sealed class VerifiedPasswords
{
    // Made when first needed: a server without passwords does not load the cryptography library.
    private readonly Lazy<byte[]> _key = new(() => RandomNumberGenerator.GetBytes(HMACSHA256.HashSizeInBytes));
    private readonly ConcurrentDictionary<string, byte[]> _hashes = new();

    public bool Knows(string user, string password) =>
        _hashes.TryGetValue(user, out byte[]? hash) && CryptographicOperations.FixedTimeEquals(hash, HashOf(password));

    public void Remember(string user, string password) => _hashes[user] = HashOf(password);

    private byte[] HashOf(string password) => HMACSHA256.HashData(_key.Value, Encoding.UTF8.GetBytes(password));
}
