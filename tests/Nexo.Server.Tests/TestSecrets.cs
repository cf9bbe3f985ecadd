using Nexo.Server.Security;

namespace Nexo.Server.Tests;

/// <summary>Credentials of the tests, hashed with as little work as is allowed.</summary>
internal static class TestSecrets
{
    public const string AdaPassword = "correct horse";

    public static string AdaHash { get; } = PasswordHash.Of(AdaPassword, PasswordHash.IterationsMin).Format();

    public static IReadOnlyList<UserCredential> Ada { get; } = [new("ada", Parse(AdaHash))];

    public static PasswordHash Parse(string text) =>
        PasswordHash.TryParse(text, out PasswordHash? hash) ? hash! : throw new ArgumentException("no hash", nameof(text));
}
