using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Nexo.Server.Security;

/// <summary>
/// A password as it is configured: <c>pbkdf2-sha256:iterations:salt:hash</c>, salt and hash in base64. The work factor
/// is part of it, so that it can grow without invalidating what is already written down.
/// </summary>
public sealed class PasswordHash
{
    /// <summary>OWASP's figure for PBKDF2-HMAC-SHA256, about 50 to 100 ms of one core.</summary>
    public const int IterationsDefault = 600_000;

    /// <summary>Fewer would make guessing cheap.</summary>
    public const int IterationsMin = 10_000;

    /// <summary>More would let one login hold a core for seconds.</summary>
    public const int IterationsMax = 10_000_000;

    // The parts are joined by colons because shells and compose files expand dollars.
    private const string Scheme = "pbkdf2-sha256";
    private const int SaltSize = 16;
    private const int SaltSizeMax = 64;
    private const int HashSize = 32;

    private readonly byte[] _salt;
    private readonly byte[] _hash;

    private PasswordHash(int iterations, byte[] salt, byte[] hash)
    {
        Iterations = iterations;
        _salt = salt;
        _hash = hash;
    }

    public int Iterations { get; }

    public static PasswordHash Of(string password, int iterations = IterationsDefault)
    {
        byte[] salt = RandomNumberGenerator.GetBytes(SaltSize);
        return new PasswordHash(iterations, salt, Derive(password, salt, iterations));
    }

    /// <summary>Matches no password, after as much work as one that could.</summary>
    public static PasswordHash Decoy(int iterations) => new(iterations, new byte[SaltSize], new byte[HashSize]);

    public static bool TryParse(string text, out PasswordHash? hash)
    {
        hash = null;
        string[] parts = text.Split(':');
        if (parts.Length != 4
            || parts[0] != Scheme
            || !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out int iterations)
            || iterations is < IterationsMin or > IterationsMax
            || !TryDecode(parts[2], out byte[] salt)
            || salt.Length is < SaltSize or > SaltSizeMax
            || !TryDecode(parts[3], out byte[] key)
            || key.Length != HashSize)
        {
            return false;
        }

        hash = new PasswordHash(iterations, salt, key);
        return true;
    }

    /// <summary>Takes as long for a wrong password as for the right one.</summary>
    public bool Matches(string password) =>
        CryptographicOperations.FixedTimeEquals(Derive(password, _salt, Iterations), _hash);

    /// <summary>The configured form. It is a secret: only <c>hash-password</c> shows it.</summary>
    public string Format() =>
        $"{Scheme}:{Iterations}:{Convert.ToBase64String(_salt)}:{Convert.ToBase64String(_hash)}";

    public override string ToString() => Scheme;

    private static byte[] Derive(string password, byte[] salt, int iterations) =>
        Rfc2898DeriveBytes.Pbkdf2(
            Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA256, HashSize);

    private static bool TryDecode(string text, out byte[] bytes)
    {
        bytes = new byte[text.Length];
        bool read = Convert.TryFromBase64String(text, bytes, out int count);
        Array.Resize(ref bytes, count);
        return read;
    }
}
