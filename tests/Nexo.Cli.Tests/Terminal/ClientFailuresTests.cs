using Nexo.Cli.Terminal;
using Nexo.Client;
using Nexo.Protocol;
using Xunit;

namespace Nexo.Cli.Tests.Terminal;

public sealed class ClientFailuresTests
{
    private static readonly CliSettings Settings = new() { Url = "nexo://alice:secret@host:1?token=hidden" };

    [Theory]
    [InlineData("nexo://host:1", "nexo://host:1")]
    [InlineData("nexo://alice:secret@host:1", "nexo://alice:***@host:1")]
    [InlineData("nexo://alice:p@ss/w:rd@host:1", "nexo://alice:***@host:1")]
    [InlineData("nexo://host?token=hidden", "nexo://host?token=***")]
    [InlineData("nexo+unix:///run/nexo.sock?token=hidden", "nexo+unix:///run/nexo.sock?token=***")]
    public void A_url_is_shown_without_its_secrets(string url, string shown) =>
        Assert.Equal(shown, ClientFailures.Redact(url));

    [Fact]
    public void Every_error_of_the_server_has_an_exit_code_and_no_secret()
    {
        foreach (ErrorCode code in Enum.GetValues<ErrorCode>())
        {
            CliFailure failure = ClientFailures.Explain(new NexoException(code, "why", retryable: false), Settings);
            bool isOfWho = (int)code / 100 == 2 && code is not (ErrorCode.UserLimitExceeded or ErrorCode.NamespaceNotFound);
            int expected = isOfWho ? ExitCode.Authentication : ExitCode.Refused;
            Assert.Equal(expected, failure.ExitCode);
            Assert.Matches("^[a-z_]+$", failure.Code);
            Assert.DoesNotContain("secret", failure.Message + failure.Hint, StringComparison.Ordinal);
            Assert.DoesNotContain("hidden", failure.Message + failure.Hint, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(ClientErrorCode.ConnectFailed)]
    [InlineData(ClientErrorCode.ConnectionLost)]
    [InlineData(ClientErrorCode.DeadlineExceeded)]
    public void A_server_that_does_not_answer_is_exit_code_3_with_advice(ErrorCode code)
    {
        CliFailure failure = ClientFailures.Explain(new NexoException(code, "why", retryable: true), Settings);
        Assert.Equal(ExitCode.CannotConnect, failure.ExitCode);
        Assert.NotNull(failure.Hint);
    }
}
