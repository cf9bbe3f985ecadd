using System.Net.Http.Headers;
using System.Text;
using Nexo.Protocol;

namespace Nexo.Server.Http;

/// <summary>What an <c>Authorization</c> says: <c>Bearer TOKEN</c>, or <c>Basic</c> with user and password.</summary>
internal static class HttpCredentials
{
    /// <summary>As a HELLO; a header that says nothing that is known is without any.</summary>
    public static HelloRequest Read(string header)
    {
        if (!AuthenticationHeaderValue.TryParse(header, out AuthenticationHeaderValue? given) || given.Parameter is not { } parameter)
        {
            return new HelloRequest();
        }

        if (given.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase))
        {
            return new HelloRequest { Token = parameter };
        }

        byte[] pair = new byte[parameter.Length];
        if (!given.Scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase)
            || !Convert.TryFromBase64String(parameter, pair, out int length))
        {
            return new HelloRequest();
        }

        string text = Encoding.UTF8.GetString(pair, 0, length);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? new HelloRequest() : new HelloRequest { User = text[..colon], Password = text[(colon + 1)..] };
    }
}
