import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.tsp.ers.ERSEvidenceRecord;
import org.bouncycastle.tsp.ers.ERSFileData;

/**
 * BouncyCastle judges evidence records (RFC 4998): arguments are a record and the file it is about, again and again.
 *
 * <p>For each pair a line: {@code OK}, or what is wrong.
 */
public final class Evidence {
    private Evidence() {}

    public static void main(String[] args) throws Exception {
        var digests = new JcaDigestCalculatorProviderBuilder().setProvider(new BouncyCastleProvider()).build();
        for (int i = 0; i + 1 < args.length; i += 2) {
            System.out.println(judged(Files.readAllBytes(Path.of(args[i])), new File(args[i + 1]), digests));
        }
    }

    private static String judged(byte[] record, File file, DigestCalculatorProvider digests) {
        try {
            var read = new ERSEvidenceRecord(record, digests);
            read.validatePresent(new ERSFileData(file), Date.from(Instant.now()));
            var verifier = new JcaSimpleSignerInfoVerifierBuilder().setProvider(new BouncyCastleProvider());
            read.validate(verifier.build(read.getSigningCertificate()));
            return "OK";
        } catch (Exception error) { // each says what is wrong in its own way
            return error.getClass().getSimpleName() + ": " + error.getMessage();
        }
    }
}
