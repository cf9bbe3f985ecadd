namespace Nexo.Server.Security;

/// <summary>
/// By what somebody has logged in: once a user has another password, or a token or certificate no more, who came by the old one is sent
/// away.
/// </summary>
internal readonly record struct Credential
{
    private Credential(string? password, TokenHash? token, string? certificate)
    {
        Password = password;
        Token = token;
        Certificate = certificate;
    }

    private string? Password { get; }

    private TokenHash? Token { get; }

    private string? Certificate { get; }

    public static Credential Of(PasswordHash password) => new(password.Format(), null, null);

    public static Credential Of(TokenHash token) => new(null, token, null);

    public static Credential OfCertificate(string name) => new(null, null, name);

    /// <summary>Whether this is still one of the user's.</summary>
    public bool IsOf(KnownUser user)
    {
        TokenHash? token = Token;
        return Password is not null ? user.Password?.Format() == Password
            : Certificate is not null ? user.Certificate == Certificate
            : token is not null && user.Tokens.Any(one => one.Hash.Matches(token));
    }
}
