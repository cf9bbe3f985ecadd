using System.Security.Cryptography;
using System.Text;

namespace Nexo.Server.Security;

/// <summary>
/// SHA-256 of a token. A token is long and random, so it needs no slow hash: what can be guessed is a password.
/// </summary>
public sealed class TokenHash
{
    private readonly byte[] _hash;

    private TokenHash(byte[] hash) => _hash = hash;

    public static TokenHash Of(string token) => new(SHA256.HashData(Encoding.UTF8.GetBytes(token)));

    /// <summary>Reads 64 hexadecimal digits.</summary>
    public static bool TryParse(string text, out TokenHash? hash)
    {
        hash = null;
        if (text.Length != SHA256.HashSizeInBytes * 2 || !text.All(char.IsAsciiHexDigit))
        {
            return false;
        }

        hash = new TokenHash(Convert.FromHexString(text));
        return true;
    }

    /// <summary>Takes the same time wherever the first difference is, and however long the token is.</summary>
    public bool Matches(string token) =>
        CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(token)), _hash);

    /// <summary>As above, of a token that was hashed once for many.</summary>
    public bool Matches(TokenHash other) => CryptographicOperations.FixedTimeEquals(other._hash, _hash);

    /// <summary>The configured form.</summary>
    public string Format() => Convert.ToHexStringLower(_hash);

    public override string ToString() => "sha256";
}
