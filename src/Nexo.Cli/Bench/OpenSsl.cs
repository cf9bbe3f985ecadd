using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Runtime.InteropServices;

namespace Nexo.Cli.Bench;

/// <summary>
/// TLS over a socket that does not block, by the calls of OpenSSL 3 themselves: what the framework has would cost more than the server that
/// is measured. Belongs to one thread.
/// </summary>
[SuppressMessage("Usage", "CA2216", Justification = "It lives as long as its connection, and both end with the run.")]
internal sealed partial class OpenSsl : IDisposable
{
    private const int WantsRead = 2;
    private const int WantsWrite = 3;
    private const int EndOfStream = 6;
    private const int VerifyPeer = 1;
    private const int PemFile = 1;
    private const int SetMode = 33;
    private const int SetServerName = 55;
    private const int HostName = 0;
    private const int PartialWritesFromMovingBuffers = 1 | 2;
    private const int ProtocolError = 71;

    private readonly nint _context;
    private readonly nint _session;

    /// <exception cref="IOException">A file cannot be used.</exception>
    public OpenSsl(int descriptor, BenchTls how)
    {
        _context = NewContext(ClientMethod());
        SetVerify(_context, VerifyPeer, 0);
        bool isRead = (how.CaFile is null ? TrustSystem(_context) : TrustFile(_context, how.CaFile, null)) == 1
            && (how.CertificateFile is null
                || (UseCertificates(_context, how.CertificateFile) == 1
                    && UseKey(_context, how.KeyFile ?? how.CertificateFile, PemFile) == 1));
        if (!isRead)
        {
            throw new IOException($"the files for TLS cannot be used: {Reason()}");
        }

        _session = NewSession(_context);
        _ = Control(_session, SetMode, PartialWritesFromMovingBuffers, null);
        bool isSet = SetDescriptor(_session, descriptor) == 1
            && (IPAddress.TryParse(how.ServerName, out _)
                ? SetAddress(ParametersOf(_session), how.ServerName) == 1
                : SetHost(_session, how.ServerName) == 1 && Control(_session, SetServerName, HostName, how.ServerName) == 1);
        if (!isSet)
        {
            throw new IOException($"TLS cannot be set up: {Reason()}");
        }
    }

    /// <summary>True when decrypted bytes are there that no event of the socket will tell of.</summary>
    public bool HasPending => Pending(_session) > 0;

    /// <summary>Goes on with the handshake; null: it has ended well, else whether it waits for bytes to come (true) or to go.</summary>
    /// <exception cref="IOException">It has failed.</exception>
    public bool? ShakeHands()
    {
        ClearErrors();
        int result = Connect(_session);
        return result == 1 ? null : ErrorOf(_session, result) switch
        {
            WantsRead => true,
            WantsWrite => false,
            _ => throw new IOException($"the TLS handshake failed: {Reason()}"),
        };
    }

    /// <summary>As <see cref="NativeSockets.Send"/>.</summary>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        int sent = 0;
        while (sent < bytes.Length)
        {
            ClearErrors();
            int some = Write(_session, bytes[sent..], bytes.Length - sent);
            if (some <= 0)
            {
                return sent > 0 ? sent : Failed(some);
            }

            sent += some;
        }

        return sent;
    }

    /// <summary>As <see cref="NativeSockets.Receive"/>.</summary>
    public int Receive(Span<byte> buffer)
    {
        ClearErrors();
        int received = Read(_session, buffer, buffer.Length);
        return received > 0 ? received : Failed(received);
    }

    public void Dispose()
    {
        FreeSession(_session);
        FreeContext(_context);
    }

    private int Failed(int result)
    {
        int error = ErrorOf(_session, result);
        if (error == EndOfStream)
        {
            return 0;
        }

        Marshal.SetLastPInvokeError(error is WantsRead or WantsWrite ? NativeSockets.TryAgainError : ProtocolError);
        return -1;
    }

    private static string Reason()
    {
        byte[] text = new byte[256];
        Describe(LastError(), text, (nuint)text.Length);
        return System.Text.Encoding.ASCII.GetString(text).TrimEnd('\0');
    }

    private const string Library = "libssl.so.3";
    private const string Cryptography = "libcrypto.so.3";

    [LibraryImport(Library, EntryPoint = "TLS_client_method")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ClientMethod();

    [LibraryImport(Library, EntryPoint = "SSL_CTX_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NewContext(nint method);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void FreeContext(nint context);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_verify")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void SetVerify(nint context, int mode, nint callback);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_set_default_verify_paths")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int TrustSystem(nint context);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_load_verify_locations", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int TrustFile(nint context, string file, string? directory);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_use_certificate_chain_file", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int UseCertificates(nint context, string file);

    [LibraryImport(Library, EntryPoint = "SSL_CTX_use_PrivateKey_file", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int UseKey(nint context, string file, int type);

    [LibraryImport(Library, EntryPoint = "SSL_new")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint NewSession(nint context);

    [LibraryImport(Library, EntryPoint = "SSL_free")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void FreeSession(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_set_fd")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetDescriptor(nint session, int descriptor);

    [LibraryImport(Library, EntryPoint = "SSL_ctrl", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint Control(nint session, int command, nint number, string? text);

    [LibraryImport(Library, EntryPoint = "SSL_set1_host", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetHost(nint session, string name);

    [LibraryImport(Library, EntryPoint = "SSL_get0_param")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nint ParametersOf(nint session);

    [LibraryImport(Cryptography, EntryPoint = "X509_VERIFY_PARAM_set1_ip_asc", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetAddress(nint parameters, string address);

    [LibraryImport(Library, EntryPoint = "SSL_connect")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Connect(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_read")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Read(nint session, Span<byte> buffer, int count);

    [LibraryImport(Library, EntryPoint = "SSL_write")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Write(nint session, ReadOnlySpan<byte> bytes, int count);

    [LibraryImport(Library, EntryPoint = "SSL_pending")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Pending(nint session);

    [LibraryImport(Library, EntryPoint = "SSL_get_error")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ErrorOf(nint session, int result);

    [LibraryImport(Cryptography, EntryPoint = "ERR_clear_error")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void ClearErrors();

    [LibraryImport(Cryptography, EntryPoint = "ERR_get_error")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial nuint LastError();

    [LibraryImport(Cryptography, EntryPoint = "ERR_error_string_n")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial void Describe(nuint error, Span<byte> text, nuint count);
}
