using System.Net.Http.Headers;
using System.Text;
using Nexo.Protocol;

namespace Nexo.Server.Http;

/// <summary>What an <c>Authorization</c> says: <c>Bearer TOKEN</c>, or <c>Basic</c> with user and password.</summary>
internal static class HttpCredentials
{
    // Nobody has it, so it fails as any wrong one.
    private static HelloRequest Unreadable => new() { Token = string.Empty };

    /// <summary>As a HELLO: without credentials if there is no header, with wrong ones if it says nothing that is known.</summary>
    public static HelloRequest Read(string header)
    {
        if (header.Length == 0)
        {
            return new HelloRequest();
        }

        if (!AuthenticationHeaderValue.TryParse(header, out AuthenticationHeaderValue? given) || given.Parameter is not { } parameter)
        {
            return Unreadable;
        }

        if (given.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
        {
            return new HelloRequest { Token = parameter };
        }

        byte[] pair = new byte[parameter.Length];
        if (!given.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)
            || !Convert.TryFromBase64String(parameter, pair, out int length))
        {
            return Unreadable;
        }

        string text = Encoding.UTF8.GetString(pair, 0, length);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? Unreadable : new HelloRequest { User = text[..colon], Password = text[(colon + 1)..] };
    }
}
