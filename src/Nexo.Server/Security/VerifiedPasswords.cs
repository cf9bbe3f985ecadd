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

    public bool Knows(PasswordHash of, string password) =>
        _hashes.TryGetValue(of.Format(), out byte[]? hash) && CryptographicOperations.FixedTimeEquals(hash, HashOf(password));

    public void Remember(PasswordHash of, string password) => _hashes[of.Format()] = HashOf(password);

    /// <summary>Forgets those that nobody has any more.</summary>
    public void KeepOnly(IEnumerable<PasswordHash> there)
    {
        var kept = there.Select(hash => hash.Format()).ToHashSet();
        foreach (string old in _hashes.Keys.Where(hash => !kept.Contains(hash)).ToArray())
        {
            _hashes.TryRemove(old, out _);
        }
    }

    private byte[] HashOf(string password) => HMACSHA256.HashData(_key.Value, Encoding.UTF8.GetBytes(password));
}
